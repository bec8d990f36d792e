// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "lib/base/result.h"

namespace coax {

/// MTU of a WireGuard device over an underlay of `underlay_mtu` bytes: what is left after
/// WireGuard's 32 bytes, UDP and the outer IP header, rounded down to 16: WireGuard pads the clear
/// text to a multiple of 16, for redirected packets not always clamped by this MTU.
/// `any_ipv6`: some peer is reached over IPv6 (outer header 40 bytes, else 20).
/// All sizes in bytes. 0 when the underlay has no room for a packet at all.
///
/// | underlay | IPv4: lane, inner | IPv6: lane, inner |
/// |---|---|---|
/// | 1500 | 1440, 1390 | 1408, 1358 |
/// | 9000 | 8928, 8878 | 8912, 8862 |
std::uint32_t lane_mtu(std::uint32_t underlay_mtu, bool any_ipv6);

/// Largest IP packet of a network that fits a lane: the lane's MTU less VXLAN over IPv4 (50 bytes).
std::uint32_t inner_mtu(std::uint32_t lane_mtu_bytes);

/// Smallest underlay MTU that gives networks an inner MTU of at least `inner_mtu_bytes`.
std::uint32_t underlay_mtu_for(std::uint32_t inner_mtu_bytes, bool any_ipv6);

/// Smallest inner MTU a network may have: IPv6 needs 1280 (RFC 8200 section 5), IPv4 576.
inline constexpr std::uint32_t kMinInnerMtuIpv6 = 1280;
inline constexpr std::uint32_t kMinInnerMtuIpv4 = 576;

/// The inner MTU over an underlay, or kInvalid "MTU too small ..." naming the MTU it should have.
/// `inner_ipv6`: some network carries IPv6.
Result<std::uint32_t> checked_inner_mtu(std::uint32_t underlay_mtu, bool any_ipv6, bool inner_ipv6);

} // namespace coax
