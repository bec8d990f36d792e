// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "agent/memory.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// One WireGuard device of a node: a lane of its first or of its second keys.
struct LaneId {
    KeySet set = KeySet::kFirst;
    std::uint32_t lane = 0;
    auto operator<=>(const LaneId &) const = default;

    /// 0..2 * COAX_LANES_MAX - 1: in the name of the device, and how far its port is from the first.
    [[nodiscard]] std::uint32_t slot() const;
    static LaneId of_slot(std::uint32_t slot);
};

/// Pure. What the WireGuard device `id` should be: every peer that has that lane, with each set of
/// keys it has, the address of that set as the only allowed one, and its endpoint at the port of the
/// set. `settling`: keys of this node are changing.
WgDeviceConfig lane_config_for(const DesiredState &state, LaneId id, const PublicKey &public_key,
                               bool settling);

/// Configured endpoints of a lane, as Memory keeps them.
Memory::Endpoints endpoints_of(const WgDeviceConfig &config);

/// The peers of `desired` that were configured before, with their endpoints of then: what diff()
/// needs to tell a changed configuration from a peer that roamed.
WgDeviceConfig with_endpoints(const WgDeviceConfig &desired, const Memory::Endpoints &before);

} // namespace coax
