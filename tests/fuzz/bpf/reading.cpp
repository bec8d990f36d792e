// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/reading.h"

#include <algorithm>
#include <cstring>

namespace coax::fuzz {

namespace {

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kDestinationOptions = 60;

bool is_tag(std::uint16_t type) {
    return type == test::kTypeVlan || type == test::kTypeQinq;
}

void read_ipv4(View frame, Reading &r) {
    r.network = Network::kIpv4;
    const View ip = frame.subspan(r.l3);
    const std::size_t header = ip.empty() ? 0 : static_cast<std::size_t>(ip[0] & 15U) * 4;
    if (ip.size() < 20 || ip[0] >> 4U != 4 || header < 20) {
        r.broken = true;
        if (ip.size() < 20)
            return;
    }
    r.source[10] = r.source[11] = r.destination[10] = r.destination[11] = 0xff;
    std::copy_n(&ip[12], 4, &r.source[12]);
    std::copy_n(&ip[16], 4, &r.destination[12]);
    r.ecn = ip[1] & 3U;
    r.fragment = (be16(ip, 6) & 0x3fffU) != 0;
    r.later = (be16(ip, 6) & 0x1fffU) != 0;
    r.protocol = ip[9];
    if (!r.later && header >= 20 && header <= ip.size())
        r.transport = r.l3 + header;
}

bool is_extension(std::uint8_t next) {
    return next == kHopByHop || next == kRouting || next == kFragment ||
           next == kDestinationOptions;
}

void read_extensions(View frame, Reading &r) {
    std::size_t at = r.l3 + 40;
    while (is_extension(r.protocol)) {
        if (at + 8 > frame.size()) {
            r.chain_cut = true;
            return;
        }
        const bool fragment = r.protocol == kFragment;
        r.protocol = frame[at];
        ++r.extensions;
        if (fragment) {
            r.fragment = true;
            r.later = r.later || (be16(frame, at + 2) & 0xfff8U) != 0;
            at += 8;
        } else {
            at += (frame[at + 1] + std::size_t{1}) * 8;
        }
        if (r.later)
            return;
    }
    r.chain_cut = at > frame.size();
    if (!r.chain_cut)
        r.transport = at;
}

void read_ipv6(View frame, Reading &r) {
    r.network = Network::kIpv6;
    const View ip = frame.subspan(r.l3);
    if (ip.size() < 40 || ip[0] >> 4U != 6) {
        r.broken = true;
        if (ip.size() < 40)
            return;
    }
    std::copy_n(&ip[8], 16, r.source.begin());
    std::copy_n(&ip[24], 16, r.destination.begin());
    r.ecn = (ip[1] >> 4U) & 3U;
    r.protocol = ip[6];
    read_extensions(frame, r);
}

} // namespace

std::uint16_t raw16(View bytes, std::size_t at) {
    std::uint16_t value = 0;
    std::memcpy(&value, &bytes[at], sizeof(value));
    return value;
}

std::uint32_t raw32(View bytes, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, &bytes[at], sizeof(value));
    return value;
}

Mac mac_at(View bytes, std::size_t at) {
    Mac mac{};
    std::copy_n(&bytes[at], mac.size(), mac.begin());
    return mac;
}

Reading read_frame(View frame, std::size_t tags_max) {
    Reading r;
    r.type = be16(frame, 12);
    r.l3 = kEthernetBytes;
    while (r.tags < tags_max && is_tag(r.type) && r.l3 + 4 <= frame.size()) {
        r.type = be16(frame, r.l3 + 2);
        r.l3 += 4;
        ++r.tags;
    }
    if (r.type == test::kTypeIpv4)
        read_ipv4(frame, r);
    else if (r.type == test::kTypeIpv6)
        read_ipv6(frame, r);
    else if (r.type == test::kTypeArp)
        r.network = Network::kArp;
    return r;
}

bool is_unspecified(const Address &address) {
    return std::all_of(address.begin() + (is_v4(address) ? 12 : 0), address.end(),
                       [](int b) { return b == 0; });
}

bool is_multicast(const Address &address) {
    return address[0] == 0xff;
}

bool is_no_host_v4(const Address &address) {
    return address[12] == 0 || address[12] == 127 || address[12] >= 224;
}

bool is_eui64_of(const Address &address, const Mac &mac) {
    const Address own = {0xfe,   0x80,   0,
                         0,      0,      0,
                         0,      0,      static_cast<std::uint8_t>(mac[0] ^ 2U),
                         mac[1], mac[2], 0xff,
                         0xfe,   mac[3], mac[4],
                         mac[5]};
    return address == own;
}

} // namespace coax::fuzz
