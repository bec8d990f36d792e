// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Networks and ports of one node that come from elsewhere than its file.
struct OverlayItems {
    NodeConfig node; // whose they are
    IpPrefix vtep_pool;
    std::vector<Network> networks; // members resolved
    std::vector<Port> ports;       // network and MAC resolved
};

/// Whether they hold together, by the rules that a file must keep. Pure. kInvalid names the later one
/// of two that do not agree: "port red-c1: port.mac: expected ..., found ...; what to do".
Status check_overlay(const OverlayItems &items);

} // namespace coax
