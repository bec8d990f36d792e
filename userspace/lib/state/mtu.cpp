// SPDX-License-Identifier: Apache-2.0
#include "lib/state/mtu.h"

#include <fmt/format.h>

#include "coax/abi/limits.h"

namespace coax {
namespace {

constexpr std::uint32_t kPaddingBytes = 16;
constexpr std::uint32_t kWireGuardBytes = 32; // type, receiver, counter (16) and tag (16)
constexpr std::uint32_t kUdpBytes = 8;
constexpr std::uint32_t kIpv4Bytes = 20;
constexpr std::uint32_t kIpv6Bytes = 40;

constexpr std::uint32_t outer_bytes(bool any_ipv6) {
    return kWireGuardBytes + kUdpBytes + (any_ipv6 ? kIpv6Bytes : kIpv4Bytes);
}

} // namespace

std::uint32_t lane_mtu(std::uint32_t underlay_mtu, bool any_ipv6) {
    const std::uint32_t outer = outer_bytes(any_ipv6);
    if (underlay_mtu <= outer)
        return 0;
    return (underlay_mtu - outer) / kPaddingBytes * kPaddingBytes;
}

std::uint32_t inner_mtu(std::uint32_t lane_mtu_bytes) {
    return lane_mtu_bytes > COAX_ENCAP_BYTES ? lane_mtu_bytes - COAX_ENCAP_BYTES : 0;
}

std::uint32_t underlay_mtu_for(std::uint32_t inner_mtu_bytes, bool any_ipv6) {
    const std::uint32_t lane = inner_mtu_bytes + COAX_ENCAP_BYTES;
    const std::uint32_t padded = (lane + kPaddingBytes - 1) / kPaddingBytes * kPaddingBytes;
    return padded + outer_bytes(any_ipv6);
}

Result<std::uint32_t> checked_inner_mtu(std::uint32_t underlay_mtu, bool any_ipv6,
                                        bool inner_ipv6) {
    const std::uint32_t inner = inner_mtu(lane_mtu(underlay_mtu, any_ipv6));
    const std::uint32_t needed = inner_ipv6 ? kMinInnerMtuIpv6 : kMinInnerMtuIpv4;
    if (inner >= needed)
        return inner;
    return Error(
        ErrorCode::kInvalid,
        fmt::format("MTU too small: expected an underlay MTU of at least {} (networks need "
                    "{} for {}), found {} which leaves {}; raise the MTU of the uplink",
                    underlay_mtu_for(needed, any_ipv6), needed, inner_ipv6 ? "IPv6" : "IPv4",
                    underlay_mtu, inner));
}

} // namespace coax
