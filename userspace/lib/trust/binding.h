// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/trust/signer.h"
#include "lib/trust/unix_time.h"

namespace coax {

constexpr std::size_t kBindingBytesMax = 8192; // signed; larger ones are refused unread
constexpr std::size_t kBindingEndpointsMax = 16;
constexpr std::size_t kBindingRolesMax = 16;
constexpr std::size_t kNetworkIdMax = 64;
constexpr std::size_t kNodeNameMax = 63;
constexpr std::size_t kRoleMax = 32;

constexpr std::string_view kBindingNamespace = "binding@coax";

/// What a node says of itself, signed with its identity key: which WireGuard keys and addresses are
/// its own.
struct Binding {
    std::string network_id; // of the overlay; 1..kNetworkIdMax of [a-z0-9-.]
    NodeId node;
    std::string name; // principal of its certificate; 1..kNodeNameMax of [a-z0-9-.]
    IpAddress vtep;   // IPv4: that of `lane_keys`, first or second (lib/base/vtep.h)
    std::vector<PublicKey> lane_keys; // one per lane, 1..COAX_LANES_MAX
    /// Keys the node is about to change to, accepted beside `lane_keys` with its other address: as
    /// many, or none.
    std::vector<PublicKey> next_lane_keys;
    std::vector<SocketAddress> endpoints; // of lane 0, the preferred first; may be empty
    std::set<std::string> roles;          // asked for; each 1..kRoleMax of [a-z0-9-.]
    std::uint64_t epoch = 0;              // rises with each record of the node; from 1 on
    UnixTime not_before;
    UnixTime expires;

    /// The one form a binding has (README.md). Not protobuf, whose bytes are not determined.
    [[nodiscard]] std::string encode() const;
    /// kInvalid for any other form or a value out of range, kVersion for a later form.
    static Result<Binding> decode(std::string_view payload);
    bool operator==(const Binding &) const = default;
};

/// 1..kNodeNameMax of [a-z0-9-.].
bool is_node_name(std::string_view text);

using BindingDigest = std::array<std::uint8_t, 32>; // SHA-256 of the encoding

/// A binding and who signed it.
struct SignedBinding {
    Binding binding;
    SshPublicKey signer;
    BindingDigest digest{};
};

/// kInvalid when a value is out of range.
Result<std::string> sign_binding(const Binding &binding, Signer &identity);

/// Only that it was signed by the key it says; whether that is the node's is for verify_peer().
Result<SignedBinding> open_binding(std::string_view bytes);

} // namespace coax
