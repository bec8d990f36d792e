// SPDX-License-Identifier: Apache-2.0
// The oracle's own reading of a frame, from IEEE 802.3, RFC 791, 8200, 9293 and 768; it shares
// nothing with bpf/lib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "fuzz/bpf/tables.h"

namespace coax::fuzz {

using View = std::span<const std::uint8_t>;

constexpr std::size_t kEthernetBytes = 14;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpv6 = 58;

inline std::uint16_t be16(View bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}
inline std::uint32_t be32(View bytes, std::size_t at) {
    return static_cast<std::uint32_t>(be16(bytes, at)) << 16U | be16(bytes, at + 2);
}
/// Of bytes as they are in memory: what a map holds of a port and of a VTEP.
std::uint16_t raw16(View bytes, std::size_t at);
std::uint32_t raw32(View bytes, std::size_t at);
Mac mac_at(View bytes, std::size_t at);

enum class Network { kOther, kArp, kIpv4, kIpv6 };

struct Reading {
    Network network = Network::kOther;
    std::uint16_t type = 0;
    std::size_t tags = 0; // in front of the network header
    std::size_t l3 = 0;   // offset of the network header
    bool broken = false;  // not even the IP header its type promises
    Address source{};     // IP only, as are the following
    Address destination{};
    std::uint8_t ecn = 0;
    bool fragment = false; // any piece of a fragmented datagram
    bool later = false;    // not the first piece: no transport header
    std::size_t extensions = 0;
    bool chain_cut = false;               // the frame ends inside the extension headers
    std::uint8_t protocol = 0;            // behind all extension headers
    std::optional<std::size_t> transport; // offset, when the frame reaches that far

    [[nodiscard]] bool is_ip() const {
        return network == Network::kIpv4 || network == Network::kIpv6;
    }
    [[nodiscard]] bool is_v4() const { return network == Network::kIpv4; }
    /// Bytes of the frame from the transport header on.
    [[nodiscard]] std::size_t transport_bytes(View frame) const {
        return transport ? frame.size() - *transport : 0;
    }
};

/// At least 14 bytes. Follows up to `tags_max` VLAN tags; a frame with more is kOther.
Reading read_frame(View frame, std::size_t tags_max = 0);

bool is_unspecified(const Address &address);
bool is_multicast(const Address &address);
/// IPv4 that is no single host's: RFC 1122 section 3.2.1.3 (0/8, 127/8, multicast, class E).
bool is_no_host_v4(const Address &address);
/// fe80::/64 with the modified EUI-64 of the MAC (RFC 4291 appendix A).
bool is_eui64_of(const Address &address, const Mac &mac);

} // namespace coax::fuzz
