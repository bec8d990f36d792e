// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "agent/memory.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// Pure. What the WireGuard device of `lane` should be: every peer that has that lane, its VTEP as
/// the only allowed address, its endpoint at port + lane.
WgDeviceConfig lane_config_for(const DesiredState &state, std::uint32_t lane,
                               const PublicKey &public_key);

/// Configured endpoints of a lane, as Memory keeps them.
Memory::Endpoints endpoints_of(const WgDeviceConfig &config);

/// The peers of `desired` that were configured before, with their endpoints of then: what diff()
/// needs to tell a changed configuration from a peer that roamed.
WgDeviceConfig with_endpoints(const WgDeviceConfig &desired, const Memory::Endpoints &before);

} // namespace coax
