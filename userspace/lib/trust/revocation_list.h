// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"
#include "lib/trust/refusal.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/trust_anchors.h"

namespace coax {

/// Signed, as bytes; larger ones are refused unread. Room for 100,000 keys.
constexpr std::size_t kRevocationBytesMax = 4 * 1024 * 1024;

constexpr std::string_view kRevocationNamespace = "revocation@coax";
constexpr std::string_view kRevocationLabel = "COAX REVOCATION LIST"; // of the file's armour

/// Serial numbers count per CA.
struct RevokedSerial {
    SshPublicKey ca;
    std::uint64_t serial = 0; // not 0: that is what certificates without a serial have
    auto operator<=>(const RevokedSerial &) const = default;
};

/// What no longer counts, whoever certified it. By key or serial, not by hash: a certificate can be
/// signed again with other bytes.
struct RevocationList {
    std::uint64_t version = 0; // only rises; 0: no list yet
    UnixTime issued{};
    std::set<SshPublicKey> keys{}; // of identities, or of CAs
    std::set<RevokedSerial> serials{};

    [[nodiscard]] bool revokes(const SshCertificate &certificate) const;

    /// The one form a list has (README.md).
    [[nodiscard]] std::string encode() const;
    /// kInvalid for any other form, kVersion for a later version of the form.
    static Result<RevocationList> decode(std::string_view payload);
    bool operator==(const RevocationList &) const = default;
};

/// kInvalid when it would be larger than kRevocationBytesMax.
Result<std::string> sign_revocation_list(const RevocationList &list, Signer &ca);

/// A list and the CA that signed it.
struct SignedRevocationList {
    RevocationList list;
    SshPublicKey ca;
};

/// Only that it was signed by the key it says; whom to trust is the caller's to decide.
Result<SignedRevocationList> open_revocation_list(std::string_view bytes);

/// The list in `bytes` if an anchor signed it and it is not older than `held`, nor another one of
/// the same version.
std::variant<RevocationList, Refusal> verify_revocation_list(std::string_view bytes,
                                                             const TrustAnchors &anchors,
                                                             const RevocationList &held);

} // namespace coax
