// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "lib/trust/refusal.h"
#include "store.pb.h"

namespace coax::controller {

// Reasons beside those of lib/trust; each is counted and logged under its name.
inline constexpr std::string_view kBadProof = "bad_proof";
inline constexpr std::string_view kNameTaken = "name_taken";
inline constexpr std::string_view kIdTaken = "id_taken";
inline constexpr std::string_view kPoolFull = "pool_full";
inline constexpr std::string_view kNoToken = "no_token";
inline constexpr std::string_view kUnknownToken = "unknown_token";
inline constexpr std::string_view kTokenUsedUp = "token_used_up";
inline constexpr std::string_view kTokenExpired = "token_expired";
inline constexpr std::string_view kNotRegistered = "not_registered";
inline constexpr std::string_view kNoTrustAnchors = "no_trust_anchors";

/// As controller.proto has it.
struct Refused {
    std::string reason;
    std::string text; // expected, found, what to do
    bool lasting = true;
    std::uint32_t retry_seconds = 60;
};

inline Refused refused(std::string_view reason, std::string text) {
    return {std::string(reason), std::move(text)};
}
inline Refused refused(Refusal refusal) {
    return {std::string(refusal_name(refusal.reason)), std::move(refusal.message)};
}

/// The node is in the store, with the newest certificate.
struct Admitted {
    record::Node node;
    bool is_new = false;
    bool auto_certified = false; // by this controller, unseen: for labs
};

/// For an operator; the text is for the node.
struct Waiting {
    std::string text;
};

using Admission = std::variant<Admitted, Waiting, Refused>;

} // namespace coax::controller
