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

/// kBusy when the UDP port of a lane that does not exist yet is in use by another program.
Status check_udp_ports(const DesiredState &state, Links &links);

/// kExists when a device we would make is there and is not ours.
Status check_device_names(const DesiredState &state, Links &links);

struct ChosenBackend {
    std::unique_ptr<WireGuard> wireguard;
    std::vector<Degradation> notes; // "backend = auto" fell back
};
/// The WireGuard backend the configuration asks for; kUnsupported saying why there is none.
Result<ChosenBackend> choose_backend(BackendChoice choice, Links &links,
                                     const std::string &run_dir);

} // namespace coax
