// SPDX-License-Identifier: Apache-2.0
// What IP demands of the two answers tc_port gives itself: too-big messages and lowered MSS values.
#include <algorithm>

#include "fuzz/bpf/oracle.h"

namespace coax::fuzz {

namespace {

constexpr std::size_t kOptionsWalked = 12; // bpf/lib/mss.bpf.h: stacks put the MSS first
constexpr std::uint8_t kSyn = 2;

/// RFC 1071 sum of the bytes with 0 and 0xffff, the two zeros of that arithmetic, as one.
std::uint16_t folded(View bytes) {
    const std::uint16_t sum = test::internet_checksum(bytes);
    return sum == 0xffff ? 0 : sum;
}

std::uint16_t icmpv6_checksum(View ip) {
    Bytes summed(ip.begin() + 8, ip.begin() + 40);
    const std::size_t length = ip.size() - 40;
    const Bytes tail = {
        0, 0,      static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length), 0, 0,
        0, kIcmpv6};
    summed.insert(summed.end(), tail.begin(), tail.end());
    summed.insert(summed.end(), ip.begin() + 40, ip.end());
    return test::internet_checksum(summed);
}

/// The quote is the packet from its IP header on; a lowered MSS may show in it.
bool is_quote(View quote, View original, std::size_t least) {
    if (quote.size() < least || quote.size() > original.size())
        return false;
    std::size_t different = 0;
    for (std::size_t i = 0; i < quote.size(); ++i)
        different += quote[i] != original[i] ? 1 : 0;
    return different == 0 || (different <= 4 && original.size() > 20);
}

void judge_answer_v4(const Reading &r, View packet, View original, std::uint32_t mtu,
                     Complaints &complaints) {
    const View ip = packet.subspan(kEthernetBytes);
    const auto want = [&](bool good, const char *text) {
        complaints.check(good, std::string("fragmentation needed: ") + text);
    };
    want(ip.size() >= 56, "a header, a message and a quote");
    if (ip.size() < 56)
        return;
    want(ip[0] == 0x45 && be16(ip, 2) == ip.size() && (be16(ip, 6) & 0x3fffU) == 0 && ip[8] > 0,
         "an IPv4 header with the right lengths");
    want(test::internet_checksum(ip.first(20)) == 0, "header checksum");
    want(ip[9] == kIcmp && ip[20] == 3 && ip[21] == 4, "ICMP type 3 code 4");
    want(std::equal(&ip[12], &ip[16], &r.destination[12]), "from the original destination");
    want(std::equal(&ip[16], &ip[20], &r.source[12]), "to the original source");
    want(be16(ip, 24) == 0 && be16(ip, 26) == mtu, "the network's MTU");
    want(test::internet_checksum(ip.subspan(20)) == 0, "ICMP checksum");
    const std::size_t header = static_cast<std::size_t>(original[0] & 15U) * 4;
    want(is_quote(ip.subspan(28), original, header + 8), "quotes IP header and 8 bytes");
}

void judge_answer_v6(const Reading &r, View packet, View original, std::uint32_t mtu,
                     Complaints &complaints) {
    const View ip = packet.subspan(kEthernetBytes);
    const auto want = [&](bool good, const char *text) {
        complaints.check(good, std::string("packet too big: ") + text);
    };
    want(ip.size() >= 96 && ip.size() <= 1280, "a header, a message and a quote within 1280");
    if (ip.size() < 96)
        return;
    want(ip[0] >> 4U == 6 && be16(ip, 4) == ip.size() - 40 && ip[6] == kIcmpv6 && ip[7] > 0,
         "an IPv6 header with the right length");
    want(std::equal(&ip[8], &ip[24], r.destination.begin()), "from the original destination");
    want(std::equal(&ip[24], &ip[40], r.source.begin()), "to the original source");
    want(ip[40] == 2 && ip[41] == 0 && be32(ip, 44) == mtu, "ICMPv6 type 2, the network's MTU");
    want(icmpv6_checksum(ip) == 0, "ICMPv6 checksum");
    want(is_quote(ip.subspan(48), original, 48), "quotes the packet");
}

bool is_icmp_error(const Reading &r, View frame) {
    if (!r.transport || *r.transport >= frame.size())
        return false;
    const std::uint8_t type = frame[*r.transport];
    if (r.is_v4())
        return r.protocol == kIcmp &&
               (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
    return r.protocol == kIcmpv6 && !r.fragment && r.extensions <= kExtensionsFollowed &&
           (type < 128 || type == 137);
}

} // namespace

Answer too_big_answer(const Reading &r, View frame) {
    if (!r.is_ip() || r.broken || is_icmp_error(r, frame))
        return Answer::kForbidden;
    if (r.is_v4() && (r.later || is_no_host_v4(r.source) || is_no_host_v4(r.destination)))
        return Answer::kForbidden; // RFC 1122 section 3.2.2
    if (!r.is_v4() && (is_unspecified(r.source) || is_multicast(r.source)))
        return Answer::kForbidden; // RFC 4443 section 2.4 (e.6)
    const std::size_t quoted = r.is_v4() ? 68 : 512;
    const bool icmp = r.protocol == kIcmp || r.protocol == kIcmpv6;
    if (icmp || r.chain_cut || frame.size() < kEthernetBytes + quoted || r.extensions > 0)
        return Answer::kEither;
    return Answer::kRequired;
}

void judge_too_big_answer(const Judged &j, const Reading &r, std::uint32_t mtu,
                          Complaints &complaints) {
    const View packet = j.seen.run.packet;
    const View frame = j.input.frame;
    if (packet.size() < kEthernetBytes + 20) {
        complaints.add("too-big answer: shorter than its headers");
        return;
    }
    complaints.check(mac_at(packet, 0) == mac_at(frame, 6) &&
                         mac_at(packet, 6) == mac_at(frame, 0) && be16(packet, 12) == r.type,
                     "too-big answer: back to the sender, in the name of the destination");
    complaints.check(j.seen.run.gso_segs == 0, "too-big answer: still a super-packet");
    const View original = frame.subspan(r.l3);
    if (r.is_v4())
        judge_answer_v4(r, packet, original, mtu, complaints);
    else
        judge_answer_v6(r, packet, original, mtu, complaints);
}

std::optional<MssOption> mss_to_lower(const Reading &r, View frame, std::uint32_t mss_max) {
    if (!r.is_ip() || r.broken || r.protocol != kTcp || r.transport_bytes(frame) < 20)
        return std::nullopt;
    const View tcp = frame.subspan(*r.transport);
    const std::size_t header = static_cast<std::size_t>(tcp[12] >> 4U) * 4;
    if ((tcp[13] & kSyn) == 0 || header > tcp.size())
        return std::nullopt;
    std::size_t steps = 0;
    for (std::size_t at = 20; at + 4 <= header; ++steps) {
        const std::uint8_t kind = tcp[at];
        if (kind == 0)
            return std::nullopt;
        const std::size_t length = kind == 1 ? 1 : tcp[at + 1];
        if (kind != 2 && kind != 1 && length < 2)
            return std::nullopt;
        if (kind == 2) {
            if (length != 4 || be16(tcp, at + 2) <= mss_max)
                return std::nullopt;
            return MssOption{.value_at = *r.transport + at + 2,
                             .must = steps < kOptionsWalked && !r.fragment && r.extensions == 0};
        }
        at += length;
    }
    return std::nullopt;
}

bool is_clamped(const Reading &r, const MssOption &option, std::uint16_t mss,
                std::pair<View, View> frame_and_found) {
    const auto [frame, found] = frame_and_found;
    if (found.size() != frame.size() || be16(found, option.value_at) != mss)
        return false;
    const std::size_t checksum = *r.transport + 16;
    for (std::size_t i = 0; i < frame.size(); ++i)
        if (frame[i] != found[i] && i / 2 * 2 != checksum && i != option.value_at &&
            i != option.value_at + 1)
            return false;
    return folded(frame.subspan(*r.transport)) == folded(found.subspan(*r.transport));
}

} // namespace coax::fuzz
