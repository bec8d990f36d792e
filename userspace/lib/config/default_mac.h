// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace coax {

/// The MAC of a port that names none: locally administered, unicast, the same on every start,
/// another for another instance, node or port (but for chance: 46 bits of a hash).
MacAddress default_port_mac(std::string_view instance, NodeId node, std::string_view port);

} // namespace coax
