// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lib/net/netlink.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// Messages of the generic netlink family "wireguard" (linux/wireguard.h). Pure.

/// A dump: a device comes in as many messages as its peers need, and one peer's allowed IPs may go on
/// in the next message.
WgDevice parse_kernel_device(const std::vector<NetlinkReply> &replies);

/// The delta as requests that each fit a netlink message; peers are set before any is removed.
std::vector<NetlinkRequest> build_kernel_set(std::uint16_t family, const std::string &name,
                                             const WgDelta &delta, const PrivateKey &private_key);

/// Asks for the whole device.
NetlinkRequest build_kernel_get(std::uint16_t family, const std::string &name);

} // namespace coax
