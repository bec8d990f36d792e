// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/tunnels.h"

#include <algorithm>

namespace coax {

TunnelPath Tunnels::way_to(const DesiredState &state, const Peer &peer,
                           std::uint32_t attempt) const {
    const Path path = paths == nullptr ? Path{} : path_in(*paths, state.vtep_of(peer.id).v4_be());
    const std::vector<IfIndex> &lanes = path.from == KeySet::kFirst ? first : second;
    const std::size_t shared = std::min(lanes.size(), peer.keys.size());
    const IfIndex lane = shared == 0 ? IfIndex() : lanes[attempt % shared];
    return {lane, state.vtep_of(state.node.id, path.from), state.vtep_of(peer.id, path.to)};
}

} // namespace coax
