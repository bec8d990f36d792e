// SPDX-License-Identifier: Apache-2.0
// tc_port: source guard, FDB, local switching, MTU, encapsulation, flooding.
#include <algorithm>
#include <cstring>

#include "fuzz/bpf/oracle.h"

namespace coax::fuzz {

namespace {

constexpr std::uint8_t kAdvertisement = 136;

struct PortFrame {
    const Judged &j;
    View frame;
    Reading reading;
    Mac dst;
    Mac src;
    const coax_port &port;
    const coax_network &network;
    std::optional<coax_target> target = {}; // of the FDB; absent: to be flooded

    [[nodiscard]] std::uint32_t ifindex() const { return j.input.context.ifindex; }
    [[nodiscard]] bool owns(const Address &address) const {
        return j.tables.owns_ip(ifindex(), address);
    }
    [[nodiscard]] bool group() const { return (dst[0] & 1U) != 0; }
    [[nodiscard]] bool to_node() const { return target && target->kind == COAX_TARGET_NODE; }
};

void shape_reasons(const PortFrame &f, Reasons &reasons) {
    const Reading &r = f.reading;
    if (r.broken) {
        reasons.must.insert(COAX_DROP_MALFORMED);
        return;
    }
    if (!r.is_ip() || r.later)
        return;
    const std::size_t bytes = r.transport_bytes(f.frame);
    const std::size_t needed = r.protocol == kTcp ? 20 : r.protocol == kUdp ? 4 : 0;
    if (bytes < needed && !r.fragment && r.extensions == 0)
        reasons.must.insert(COAX_DROP_MALFORMED);
    if (r.chain_cut || !r.transport || (r.protocol == kUdp && bytes < 8) || bytes < needed)
        reasons.may.insert(COAX_DROP_MALFORMED);
}

void arp_reasons(const PortFrame &f, Reasons &reasons) {
    const View arp = f.frame.subspan(f.reading.l3);
    if (arp.size() < 28 || be16(arp, 0) != 1 || be16(arp, 2) != test::kTypeIpv4 || arp[4] != 6 ||
        arp[5] != 4) {
        reasons.must.insert(COAX_DROP_MALFORMED);
        return;
    }
    Address sender{};
    sender[10] = sender[11] = 0xff;
    std::copy_n(&arp[14], 4, &sender[12]);
    const bool guarded = (f.port.flags & COAX_PORT_GUARD_IP) != 0;
    if (!f.j.tables.owns_mac(f.ifindex(), mac_at(arp, 8)) ||
        (guarded && !is_unspecified(sender) && !f.owns(sender)))
        reasons.must.insert(COAX_DROP_SPOOFED_ARP);
}

void ipv4_guard_reasons(const PortFrame &f, Reasons &reasons) {
    const Reading &r = f.reading;
    if (f.owns(r.source))
        return;
    const bool dhcp = is_unspecified(r.source) && r.protocol == kUdp && r.transport &&
                      r.transport_bytes(f.frame) >= 4 && be16(f.frame, *r.transport) == 68 &&
                      be16(f.frame, *r.transport + 2) == 67;
    if (!dhcp)
        reasons.must.insert(COAX_DROP_SPOOFED_IP);
    else if (r.fragment)
        reasons.may.insert(COAX_DROP_SPOOFED_IP);
}

void advertisement_reasons(const PortFrame &f, Reasons &reasons) {
    const Reading &r = f.reading;
    // RFC 6980: receivers ignore fragmented neighbour discovery.
    if (r.fragment || r.protocol != kIcmpv6 || !r.transport)
        return;
    const std::size_t bytes = r.transport_bytes(f.frame);
    if (bytes < 1) {
        reasons.may.insert(COAX_DROP_MALFORMED);
        return;
    }
    if (f.frame[*r.transport] != kAdvertisement)
        return;
    if (bytes < 24) {
        reasons.must.insert(COAX_DROP_MALFORMED);
        return;
    }
    Address target{};
    std::copy_n(&f.frame[*r.transport + 8], 16, target.begin());
    if (!f.owns(target) && !is_eui64_of(target, f.src))
        reasons.must.insert(COAX_DROP_SPOOFED_ARP);
}

void ipv6_guard_reasons(const PortFrame &f, Reasons &reasons) {
    const Reading &r = f.reading;
    if (r.extensions > kExtensionsFollowed)
        reasons.may.insert(COAX_DROP_MALFORMED);
    const bool excused = is_unspecified(r.source) && r.protocol == kIcmpv6;
    if (!f.owns(r.source) && !is_eui64_of(r.source, f.src)) {
        if (!excused)
            reasons.must.insert(COAX_DROP_SPOOFED_IP);
        else if (r.extensions > kExtensionsFollowed || r.fragment || r.chain_cut)
            reasons.may.insert(COAX_DROP_SPOOFED_IP);
    }
    advertisement_reasons(f, reasons);
}

void guard_reasons(const PortFrame &f, Reasons &reasons) {
    static constexpr Mac kReserved = {0x01, 0x80, 0xc2, 0, 0, 0};
    if (!f.j.tables.owns_mac(f.ifindex(), f.src))
        reasons.must.insert(COAX_DROP_SPOOFED_MAC);
    if (std::equal(f.dst.begin(), f.dst.begin() + 5, kReserved.begin()) && f.dst[5] < 16)
        reasons.must.insert(COAX_DROP_RESERVED_MAC);
    if (f.reading.network == Network::kArp)
        arp_reasons(f, reasons);
    if ((f.port.flags & COAX_PORT_GUARD_IP) == 0 || f.reading.broken)
        return;
    if (f.reading.is_v4())
        ipv4_guard_reasons(f, reasons);
    else if (f.reading.is_ip())
        ipv6_guard_reasons(f, reasons);
    else if (f.reading.type == test::kTypeVlan || f.reading.type == test::kTypeQinq)
        reasons.must.insert(COAX_DROP_SPOOFED_IP);
}

/// May every packet on the wire be as long as it will be?
bool fits(const PortFrame &f) {
    const std::uint32_t gso_size = f.j.input.context.gso_size;
    if (gso_size == 0)
        return f.frame.size() - kEthernetBytes <= f.network.mtu;
    const Reading &r = f.reading;
    if (!r.is_ip() || r.fragment || !r.transport)
        return true;
    std::size_t headers = *r.transport - kEthernetBytes + 8;
    if (r.protocol == kTcp && r.transport_bytes(f.frame) > 12)
        headers += static_cast<std::size_t>(f.frame[*r.transport + 12] >> 4U) * 4 - 8;
    return headers + gso_size <= f.network.mtu;
}

void forward_reasons(const PortFrame &f, Reasons &reasons) {
    const bool gso = f.j.input.context.gso_size != 0;
    if (!f.target) {
        if ((f.network.flags & COAX_NETWORK_FLOOD) == 0)
            reasons.must.insert(f.group() ? COAX_DROP_NO_FLOOD : COAX_DROP_UNKNOWN_UNICAST);
        if (f.network.flood_pps == 0 || !f.j.tables.port_states.contains(f.ifindex()))
            reasons.must.insert(COAX_DROP_FLOOD_RATE);
        if (!fits(f))
            reasons.must.insert(COAX_DROP_TOO_BIG);
        return;
    }
    if (!f.to_node()) {
        if (f.target->ifindex == f.ifindex())
            reasons.must.insert(COAX_DROP_DST_NOT_HERE);
        return;
    }
    if (!fits(f))
        reasons.must.insert(COAX_DROP_TOO_BIG);
    // Where the segments begin is not known.
    if (gso && (f.reading.extensions > kExtensionsFollowed || f.reading.chain_cut))
        reasons.may.insert(COAX_DROP_TOO_BIG);
    std::uint32_t missing = 0;
    const std::uint32_t lanes = std::max<std::uint32_t>(f.target->lanes, 1);
    const bool second = path_to(f.j.tables, f.target->vtep_be).from_second;
    for (std::uint32_t lane = 0; lane < lanes; ++lane)
        missing += lane_device(f.j.tables, second, lane) == 0 ? 1 : 0;
    if (missing == lanes)
        reasons.must.insert(COAX_DROP_NO_LANE);
    else if (missing != 0)
        reasons.may.insert(COAX_DROP_NO_LANE);
    if (gso && f.reading.is_ip()) // a test run cannot say what kind of super-packet it is
        reasons.may.insert(COAX_DROP_ENCAP_FAILED);
}

/// Is `inner` the frame, whole, or with the one change that is allowed? Says whether it was
/// clamped.
bool judge_inner(const PortFrame &f, const Bytes &inner, Complaints &complaints) {
    Bytes whole(f.frame.begin(), f.frame.end());
    if (!f.reading.is_ip() && whole.size() < COAX_RUNT_BYTES)
        whole.resize(COAX_ETH_MIN_BYTES);
    const std::uint32_t mss = f.network.mtu - (f.reading.is_v4() ? 40 : 60);
    const auto option = f.to_node() ? mss_to_lower(f.reading, f.frame, mss) : std::nullopt;
    if (inner == whole) {
        complaints.check(!option || !option->must, "the MSS of this SYN had to be lowered");
        return false;
    }
    if (option && is_clamped(f.reading, *option, static_cast<std::uint16_t>(mss), {whole, inner}))
        return true;
    complaints.add("inner frame changed:\n" + test::hexdump_diff(whole, inner));
    return false;
}

void judge_to_node(const PortFrame &f, Complaints &complaints) {
    const Judged &j = f.j;
    const coax_target target = f.target.value_or(coax_target{});
    const Path path = path_to(j.tables, target.vtep_be);
    const bool ip = f.reading.is_ip();
    expect_verdict(j, kRedirect, complaints);
    const auto inner = judge_outer(j.seen.run.packet,
                                   {.source_be = path.source_be,
                                    .destination_be = path.destination_be,
                                    .vni = f.port.vni,
                                    .ecn = f.reading.ecn},
                                   complaints);
    if (!inner)
        return;
    complaints.check(
        lane_of(j.tables, path.from_second, outer_sport(j.seen.run.packet), target.lanes) != 0,
        "no device for the lane of this flow, and yet it went on");
    complaints.check(ip || be16(j.seen.run.packet, 12) == test::kTypeIpv4,
                     "the hand-over device needs the ethertype of IPv4");
    const bool clamped = judge_inner(f, *inner, complaints);
    const bool gso = ip && j.input.context.gso_size != 0;
    expect_gso_kept(j, complaints);
    expect_counters(j,
                    {{COAX_COUNTER_ENCAP, 1},
                     {COAX_COUNTER_ENCAP_GSO, gso ? 1 : 0},
                     {COAX_COUNTER_ENCAP_HANDOVER, ip ? 0 : 1},
                     {COAX_COUNTER_MSS_CLAMPED, clamped ? 1 : 0}},
                    complaints);
}

/// A copy of a flooded frame that left by a lane: which, to whom.
Copy judge_remote_copy(const PortFrame &f, const Sent &copy, Complaints &complaints) {
    if (copy.frame.size() < 64) {
        complaints.add("a copy without outer headers left by a lane: clear text");
        return {.ifindex = copy.ifindex};
    }
    // judge_flood() compares the addresses with those that had to be.
    const Copy found{.ifindex = copy.ifindex,
                     .source_be = raw32(copy.frame, kEthernetBytes + 12),
                     .destination_be = raw32(copy.frame, kEthernetBytes + 16)};
    const auto inner = judge_outer(copy.frame,
                                   {.source_be = found.source_be,
                                    .destination_be = found.destination_be,
                                    .vni = f.port.vni,
                                    .ecn = f.reading.ecn},
                                   complaints);
    if (inner)
        judge_inner(f, *inner, complaints);
    return found;
}

void judge_flood_handover(const PortFrame &f, Complaints &complaints) {
    expect_verdict(f.j, kRedirect, complaints);
    const Bytes &packet = f.j.seen.run.packet;
    const auto inner = judge_outer(
        packet, {.source_be = f.j.tables.settings.self_vtep_be, .vni = f.port.vni}, complaints);
    if (inner)
        judge_inner(f, *inner, complaints);
    complaints.check(be16(packet, 12) == test::kTypeIpv4,
                     "the hand-over device needs the ethertype of IPv4");
}

void judge_flood(const PortFrame &f, Complaints &complaints) {
    const Judged &j = f.j;
    std::vector<Copy> found;
    std::optional<std::uint16_t> sport;
    for (const Sent &copy : j.seen.sent) {
        if (std::ranges::find(j.devices.ports, copy.ifindex) != j.devices.ports.end()) {
            complaints.check(std::ranges::equal(copy.frame, f.frame), "a local copy changed");
            found.push_back({.ifindex = copy.ifindex});
            continue;
        }
        found.push_back(judge_remote_copy(f, copy, complaints));
        if (copy.frame.size() >= 64)
            sport = outer_sport(copy.frame);
    }
    std::vector<Copy> expected = local_copies(j, f.port.vni, f.ifindex());
    const bool remote = f.network.remote_targets != 0;
    if (remote && !f.reading.is_ip()) {
        judge_flood_handover(f, complaints);
    } else {
        expect_verdict(j, kStolen, complaints);
        if (remote && j.seen.run.packet.size() >= 64) {
            const auto copies =
                remote_copies(j, f.port.vni, sport.value_or(outer_sport(j.seen.run.packet)));
            expected.insert(expected.end(), copies.begin(), copies.end());
        }
    }
    expect_copies(expected, found, complaints);
    expect_counters(j, {{COAX_COUNTER_FLOODED, 1}, {COAX_COUNTER_FLOOD_COPIES, found.size()}},
                    complaints);
}

void judge_local(const PortFrame &f, Complaints &complaints) {
    expect_verdict(f.j, kRedirect, complaints);
    complaints.check(std::ranges::equal(f.j.seen.run.packet, f.frame), "a local frame changed");
    expect_gso_kept(f.j, complaints);
    expect_counters(f.j, {{COAX_COUNTER_LOCAL_SWITCHED, 1}}, complaints);
}

void judge_too_big(const PortFrame &f, Complaints &complaints) {
    const Answer answer = too_big_answer(f.reading, f.frame);
    const bool answered = f.j.seen.run.counters.contains(COAX_COUNTER_TOO_BIG_SENT);
    if (!answered) {
        complaints.check(!f.to_node() || answer != Answer::kRequired ||
                             !f.j.tables.port_states.contains(f.ifindex()),
                         "the sender had to be told that the frame is too big");
        return;
    }
    complaints.check(f.to_node() && answer != Answer::kForbidden,
                     "no ICMP error may answer this frame");
    expect_verdict(f.j, kRedirect, complaints);
    judge_too_big_answer(f.j, f.reading, f.network.mtu, complaints);
}

void judge_port_frame(const PortFrame &f, Complaints &complaints) {
    Reasons reasons;
    shape_reasons(f, reasons);
    guard_reasons(f, reasons);
    forward_reasons(f, reasons);
    const coax_drop_reason reason = judge_drop(f.j, reasons, complaints);
    if (reason == COAX_DROP_TOO_BIG) {
        judge_too_big(f, complaints);
    } else if (reason != COAX_DROP_NONE) {
        complaints.check(f.j.seen.sent.empty(), "a dropped frame was copied");
    } else if (!f.target) {
        judge_flood(f, complaints);
    } else if (f.to_node()) {
        judge_to_node(f, complaints);
    } else {
        judge_local(f, complaints);
    }
    complaints.check(!f.target || f.j.seen.sent.empty(), "a unicast frame was copied");
}

} // namespace

void judge_port(const Judged &j, Complaints &complaints) {
    const auto port = j.tables.ports.find(j.input.context.ifindex);
    Reasons reasons;
    if (port == j.tables.ports.end())
        reasons.must.insert(COAX_DROP_NO_PORT);
    else if (!j.tables.networks.contains(port->second.vni))
        reasons.must.insert(COAX_DROP_NO_NETWORK);
    if (j.tables.settings.lanes == 0)
        reasons.must.insert(COAX_DROP_NO_SETTINGS);
    if (!reasons.must.empty()) {
        judge_drop(j, reasons, complaints);
        complaints.check(j.seen.sent.empty(), "a dropped frame was copied");
        return;
    }
    const View frame = j.input.frame;
    PortFrame f{.j = j,
                .frame = frame,
                .reading = read_frame(frame),
                .dst = mac_at(frame, 0),
                .src = mac_at(frame, 6),
                .port = port->second,
                .network = j.tables.networks.at(port->second.vni)};
    const coax_fdb_entry *entry = j.tables.find(port->second.vni, f.dst);
    if (entry != nullptr && !f.group())
        f.target = entry->target;
    judge_port_frame(f, complaints);
}

} // namespace coax::fuzz
