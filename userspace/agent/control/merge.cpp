// SPDX-License-Identifier: Apache-2.0
#include "agent/control/merge.h"

#include "coax/abi/limits.h"

namespace coax {
namespace {

constexpr std::size_t kPortMax = 65535;

/// Whose absence is told of as a node, if at all: one that is refused, or gone.
bool is_of_no_peer(const DesiredState &file, const Claims &claims, NodeId node) {
    const auto found = claims.nodes().find(node);
    return !file.peers.contains(node) && (found == claims.nodes().end() || !found->second.peer);
}

} // namespace

Peer peer_of(NodeId id, const ClaimedNode &node, const IpPrefix &vtep_pool) {
    const Binding &binding = node.peer->binding;
    Peer peer;
    peer.id = id;
    peer.name = binding.name;
    peer.keys = binding.lane_keys;
    peer.key_set = key_set_of(binding, vtep_pool).value_or(KeySet::kFirst); // verify_peer() asked
    peer.next_keys = binding.next_lane_keys;
    peer.keepalive = node.keepalive;
    for (const SocketAddress &endpoint : binding.endpoints) {
        if (endpoint.address.is_unspecified() || endpoint.port.value() == 0 ||
            endpoint.port.value() + COAX_LANES_MAX + peer.keys.size() - 1 > kPortMax)
            continue;
        peer.endpoint = endpoint;
        break;
    }
    return peer;
}

WithAdditions merge(const DesiredState &file, const Claims &claims, const OverlayView &overlay) {
    Additions additions;
    for (const auto &[id, node] : claims.nodes())
        if (node.peer)
            additions.peers.push_back(peer_of(id, node, file.overlay.vtep_pool));
    overlay.add_to(additions);
    std::erase_if(additions.endpoints, [&](const Additions::NamedEndpoint &endpoint) {
        return is_of_no_peer(file, claims, endpoint.node);
    });
    WithAdditions merged = with_additions(file, additions);
    const auto &malformed = overlay.malformed();
    merged.left_out.insert(merged.left_out.end(), malformed.begin(), malformed.end());
    return merged;
}

} // namespace coax
