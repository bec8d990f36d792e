// SPDX-License-Identifier: Apache-2.0
// tc_handover: only what tc_port made, to lanes. tc_uplink and xdp_uplink: nothing of the overlay
// in clear, and WireGuard that looks like WireGuard.
#include <algorithm>
#include <vector>

#include "fuzz/bpf/oracle.h"

namespace coax::fuzz {

namespace {

constexpr std::size_t kOuterEnd = kEthernetBytes + 36;
constexpr std::size_t kUplinkTags = 2;
constexpr std::uint32_t kNext = 0xffffffff; // TC_ACT_UNSPEC
constexpr std::uint32_t kXdpPass = 2;

Reasons handover_reasons(const Judged &j) {
    Reasons reasons;
    const View frame = j.input.frame;
    if (j.tables.settings.lanes == 0)
        reasons.must.insert(COAX_DROP_NO_SETTINGS);
    if (frame.size() < kOuterEnd || be16(frame, 12) != test::kTypeIpv4 || frame[23] != kUdp ||
        j.tables.first(raw32(frame, 26)) != j.tables.settings.self_vtep_be ||
        raw16(frame, 36) != j.tables.settings.vxlan_port_be) {
        reasons.must.insert(COAX_DROP_HANDOVER_UNEXPECTED);
        return reasons;
    }
    if (raw32(frame, 30) == 0) {
        if (!j.tables.networks.contains(be32(frame, kOuterEnd - 4) >> 8U))
            reasons.must.insert(COAX_DROP_NO_NETWORK);
        return reasons;
    }
    const auto node = j.tables.nodes.find(j.tables.first(raw32(frame, 30)));
    const bool second = raw32(frame, 26) != j.tables.settings.self_vtep_be;
    if (node == j.tables.nodes.end())
        reasons.must.insert(COAX_DROP_HANDOVER_UNEXPECTED);
    else if (lane_of(j.tables, second, outer_sport(frame), node->second.lanes) == 0)
        reasons.must.insert(COAX_DROP_NO_LANE);
    return reasons;
}

/// The frame with other addresses, and a header checksum that changed by just as much.
Copy judge_readdressed(const Judged &j, const Sent &copy, Complaints &complaints) {
    const View frame = j.input.frame;
    if (copy.frame.size() != frame.size()) {
        complaints.add("a copy of another length");
        return {.ifindex = copy.ifindex};
    }
    bool same = true;
    for (std::size_t i = 0; i < frame.size(); ++i)
        same = same && (copy.frame[i] == frame[i] || (i >= 26 && i < 34) || i == 24 || i == 25);
    complaints.check(same, "a copy differs in more than addresses and header checksum");
    const auto sum = [](View header) { return test::internet_checksum(header) % 0xffffU; };
    complaints.check(sum(View(copy.frame).subspan(14, 20)) == sum(frame.subspan(14, 20)),
                     "a copy's header checksum does not follow its addresses");
    return {.ifindex = copy.ifindex,
            .source_be = raw32(copy.frame, 26),
            .destination_be = raw32(copy.frame, 30)};
}

bool is_listen_port(const Tables &tables, std::uint16_t port) {
    const auto big = static_cast<std::uint16_t>(port << 8U | port >> 8U);
    const auto in = [big](const auto &ports) {
        return std::ranges::find(ports, big) != std::end(ports);
    };
    return port != 0 && (in(tables.settings.listen_port_be) ||
                         (tables.second.vtep_bit_be != 0 && in(tables.second.listen_port_be)));
}

/// WireGuard whitepaper section 5.4: type, three zero bytes, and the length of that type.
bool is_wireguard(View udp) {
    const std::size_t length = be16(udp, 4);
    if (udp.size() < 12 || length < 8 || be16(udp, 9) != 0 || udp[11] != 0)
        return false;
    switch (udp[8]) {
    case 1:
        return length == 8 + 148;
    case 2:
        return length == 8 + 92;
    case 3:
        return length == 8 + 64;
    case 4:
        return length >= 8 + 32;
    default:
        return false;
    }
}

bool is_about_neighbour(View frame, const Reading &r) {
    constexpr std::size_t kNdBytes = 24;
    constexpr std::uint8_t kSolicitation = 135;
    constexpr std::uint8_t kAdvertisement = 136;
    if (r.network != Network::kIpv6 || r.protocol != kIcmpv6 || r.later ||
        r.transport_bytes(frame) < kNdBytes)
        return false;
    const std::uint8_t type = frame[*r.transport];
    return type == kSolicitation || type == kAdvertisement;
}

Address ipv4_at(View bytes, std::size_t at) {
    Address mapped{};
    mapped[10] = mapped[11] = 0xff;
    std::copy_n(&bytes[at], 4, &mapped[12]);
    return mapped;
}

Address ipv6_at(View bytes, std::size_t at) {
    Address address{};
    std::copy_n(&bytes[at], address.size(), address.begin());
    return address;
}

/// All addresses a packet of the underlay tells of: who sends it to whom, or (ARP, neighbour
/// discovery) whom it is about.
std::vector<Address> addresses_in(View frame, const Reading &r) {
    constexpr std::size_t kArpBytes = 28;
    if (r.is_ip() && is_about_neighbour(frame, r))
        return {r.source, r.destination, ipv6_at(frame, *r.transport + 8)};
    if (r.is_ip())
        return {r.source, r.destination};
    if (r.network != Network::kArp || frame.size() < r.l3 + kArpBytes)
        return {};
    const View arp = frame.subspan(r.l3);
    if (be16(arp, 0) != 1 || be16(arp, 2) != test::kTypeIpv4 || arp[4] != 6 || arp[5] != 4)
        return {};
    return {ipv4_at(arp, 14), ipv4_at(arp, 24)};
}

struct UplinkExpectation {
    Reasons reasons;
    bool wireguard = false;
    bool fragment = false;
    bool anything = false; // a packet no host would take apart: either verdict
};

UplinkExpectation expect_uplink(const Judged &j) {
    UplinkExpectation expect;
    const View frame = j.input.frame;
    const Tables &tables = j.tables;
    const Reading r = read_frame(frame, kUplinkTags);
    if (tables.settings.lanes == 0)
        return expect;
    expect.anything = r.broken || r.extensions > kExtensionsFollowed || r.chain_cut;
    expect.fragment = r.fragment;
    if (r.protocol == kUdp && !r.later && r.transport_bytes(frame) >= 8) {
        const View udp = frame.subspan(*r.transport);
        const std::size_t ours = j.hook == COAX_HOOK_XDP_UPLINK ? 2 : 0;
        if (is_listen_port(tables, be16(udp, ours))) {
            expect.wireguard = is_wireguard(udp);
            if (!expect.wireguard)
                expect.reasons.must.insert(COAX_DROP_WG_SHAPE);
            return expect;
        }
        const bool vxlan = raw16(udp, 2) == tables.settings.vxlan_port_be;
        const bool all = (tables.settings.flags & COAX_SETTINGS_DROP_ALL_VXLAN) != 0;
        if (vxlan && (all || (udp.size() >= 16 && tables.networks.contains(be32(udp, 12) >> 8U))))
            expect.reasons.must.insert(COAX_DROP_CLEAR_VXLAN);
    }
    if (std::ranges::any_of(addresses_in(frame, r),
                            [&](const Address &a) { return tables.is_overlay(a); }))
        expect.reasons.must.insert(COAX_DROP_CLEAR_OVERLAY);
    return expect;
}

} // namespace

void judge_handover(const Judged &j, Complaints &complaints) {
    const coax_drop_reason reason = judge_drop(j, handover_reasons(j), complaints);
    if (reason != COAX_DROP_NONE || j.input.frame.size() < kOuterEnd) {
        complaints.check(j.seen.sent.empty(), "a dropped frame was copied");
        expect_counters(j, {}, complaints);
        return;
    }
    const View frame = j.input.frame;
    if (raw32(frame, 30) != 0) {
        expect_verdict(j, kRedirect, complaints);
        complaints.check(std::ranges::equal(j.seen.run.packet, frame), "the frame changed");
        complaints.check(j.seen.sent.empty(), "a unicast frame was copied");
        expect_gso_kept(j, complaints);
        expect_counters(j, {}, complaints);
        return;
    }
    std::vector<Copy> found;
    for (const Sent &copy : j.seen.sent)
        found.push_back(judge_readdressed(j, copy, complaints));
    expect_verdict(j, kStolen, complaints);
    const std::uint32_t vni = be32(frame, kOuterEnd - 4) >> 8U;
    if (j.tables.networks.contains(vni))
        expect_copies(remote_copies(j, vni, outer_sport(frame)), found, complaints);
    expect_counters(j, {{COAX_COUNTER_FLOOD_COPIES, found.size()}}, complaints);
}

void judge_uplink(const Judged &j, Complaints &complaints) {
    const bool receive = j.hook == COAX_HOOK_XDP_UPLINK;
    const UplinkExpectation expect = expect_uplink(j);
    complaints.check(j.seen.sent.empty(), "an uplink program copied a frame");
    if (expect.anything)
        return;
    const coax_drop_reason reason = judge_drop(j, expect.reasons, complaints);
    if (reason != COAX_DROP_NONE) {
        expect_counters(j, {}, complaints);
        return;
    }
    expect_verdict(j, receive ? kXdpPass : kNext, complaints);
    complaints.check(j.seen.run.packet == j.input.frame, "the packet changed");
    const std::uint64_t one = expect.wireguard ? 1 : 0;
    expect_counters(j,
                    {{receive ? COAX_COUNTER_UPLINK_WG_RX : COAX_COUNTER_UPLINK_WG_TX, one},
                     {COAX_COUNTER_UPLINK_WG_FRAG, expect.fragment ? one : 0}},
                    complaints);
}

} // namespace coax::fuzz
