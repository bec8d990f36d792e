// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent/preflight/config_locator.h"
#include "lib/base/result.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Does this configuration fit this machine? Changes nothing. kInvalid naming file, line, key and
/// figures: an uplink that is missing (unless it is one of `tolerated`, which were there once), an MTU
/// that is too small for the lanes or for a network, the VTEP pool or (with guard_subnets) a network's
/// subnet overlapping an address of an uplink.
Status check_environment(const DesiredState &state, Links &links,
                         const std::vector<std::string> &tolerated, const ConfigLocator &config);

} // namespace coax
