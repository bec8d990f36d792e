// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/pass.h"
#include "lib/base/result.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// kBusy when the UDP port of a lane is in use by another program. Ports that our own devices hold are
/// not tried: those of `running` (what is in force now, may be null), or at the start those of devices
/// that are there.
Status check_udp_ports(const DesiredState &state, Links &links, const DesiredState *running);

/// kExists when a device we would make is there and is not ours.
Status check_device_names(const DesiredState &state, Links &links);

struct ChosenBackend {
    std::unique_ptr<WireGuard> wireguard;
    std::vector<Degradation> notes; // "backend = auto" fell back
};
/// The WireGuard backend the configuration asks for; kUnsupported saying why there is none. `auto`
/// takes the kernel's where there is one, but stays with wireguard-go while lanes of it run: changing
/// would interrupt them.
Result<ChosenBackend> choose_backend(const DesiredState &state, Links &links);

} // namespace coax
