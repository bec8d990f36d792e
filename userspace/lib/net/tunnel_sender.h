// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace coax {

/// Addresses of one datagram inside a tunnel; IPv4.
struct TunnelPath {
    IfIndex lane; // the WireGuard device
    IpAddress from_vtep;
    IpAddress to_vtep;
};

/// Sends datagrams into WireGuard devices, past routing tables and firewalls. Never receives: what
/// comes back is the data path's. Not thread-safe; never blocks.
class TunnelSender {
  public:
    virtual ~TunnelSender() = default;

    /// One datagram from and to the control port. Success says that the device took it, or that
    /// WireGuard has no way to that peer now (no endpoint, no key): lost, as on the wire. An error:
    /// no such device (kNotFound), it is down, or the datagram does not fit its MTU (kTooLarge).
    virtual Status send(const TunnelPath &path, std::span<const std::byte> payload) = 0;
};

/// By a packet socket of this network namespace that is bound to no protocol: it taps nothing.
/// Needs CAP_NET_RAW.
Result<std::unique_ptr<TunnelSender>> open_tunnel_sender();

} // namespace coax
