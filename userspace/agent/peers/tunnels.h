// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "agent/peers/paths.h"
#include "lib/net/tunnel_sender.h"
#include "lib/state/desired_state.h"

namespace coax {

/// The ways out of this node, as a pass left them: what the data path sends by, for what the agent
/// sends itself. Made for one use: `paths` is borrowed, a mesh may have thousands.
struct Tunnels {
    std::vector<IfIndex> first; // lanes of the first keys, 0 where there is none
    std::vector<IfIndex> second{};
    const PathTable *paths = nullptr; // null: all from first to first

    /// `attempt` counts up, to take another of the lanes that both have. Lane 0: it is missing.
    [[nodiscard]] TunnelPath way_to(const DesiredState &state, const Peer &peer,
                                    std::uint32_t attempt) const;
};

} // namespace coax
