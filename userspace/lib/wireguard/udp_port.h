// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lib/base/types.h"

namespace coax {

/// No socket of this namespace has it, IPv4 or IPv6.
bool udp_port_is_free(UdpPort port);

/// kBusy when a socket of this namespace has the UDP port (IPv4 or IPv6). WireGuard itself finds out
/// only when its link goes up, and then without saying so to whoever configured it.
Status check_udp_port_free(const std::string &device, UdpPort port);

/// The same error, for a backend that was refused.
Error udp_port_busy(const std::string &device, UdpPort port);

} // namespace coax
