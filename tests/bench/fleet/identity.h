// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/trust/binding.h"
#include "lib/trust/ssh_private_key.h"

namespace coax::bench {

/// "sim-000017" and back; absent: it is not the name of a simulated node.
std::string node_name(std::size_t index);
std::optional<std::size_t> index_of(std::string_view name);

/// What a node is given before it joins.
struct Identity {
    std::string name;
    SshPrivateKey key;
    std::string certificate; // blob
};

/// `nodes` identities, each certified by `ca` for its name, for a week.
Result<std::vector<Identity>> make_identities(std::size_t nodes, Signer &ca);

/// Where a node is in the overlay.
struct Membership {
    std::string network_id;
    IpPrefix vtep_pool;
    NodeId node;
};

/// A signed binding of one lane with a made-up WireGuard key, good for a week. `epoch` also decides the
/// endpoint: another epoch is another underlay address.
Result<std::string> make_binding(Identity &identity, const Membership &membership,
                                 std::uint64_t epoch);

} // namespace coax::bench
