// SPDX-License-Identifier: Apache-2.0
// tc_lane: who may send, learning, stripping, delivery to local ports and nowhere else.
#include <algorithm>

#include "fuzz/bpf/oracle.h"

namespace coax::fuzz {

namespace {

constexpr std::size_t kInner = kEthernetBytes + 36; // offset of the inner Ethernet header
constexpr std::size_t kLeastInner = 34;             // COAX_RUNT_BYTES: what a sender pads up to
constexpr std::uint8_t kCongested = 3;

struct LaneFrame {
    const Judged &j;
    View frame;
    std::uint32_t vni = 0;
    std::uint32_t source_be = 0;
    Mac dst{};
    Mac src{};
    std::optional<coax_member> member = {}; // the sending node, when it may use the network

    [[nodiscard]] bool group() const { return (dst[0] & 1U) != 0; }
};

void outer_reasons(const Judged &j, Reasons &reasons) {
    const View ip = View(j.input.frame).subspan(kEthernetBytes);
    if (ip.size() < 50 || ip[0] != 0x45 || ip[9] != kUdp || (be16(ip, 6) & 0x3fffU) != 0 ||
        raw16(ip, 22) != j.tables.settings.vxlan_port_be || (ip[28] & 8U) == 0)
        reasons.must.insert(COAX_DROP_NOT_VXLAN);
    if (ip.size() < 36 + kLeastInner)
        reasons.must.insert(COAX_DROP_MALFORMED);
    if (ip.size() < 50)
        return;
    if (j.tables.first(raw32(ip, 16)) != j.tables.settings.self_vtep_be)
        reasons.must.insert(COAX_DROP_NOT_FOR_US);
    if (be16(ip, 2) != ip.size() || be16(ip, 24) != ip.size() - 20)
        reasons.must.insert(COAX_DROP_MALFORMED);
}

void sender_reasons(const LaneFrame &f, Reasons &reasons) {
    const Tables &tables = f.j.tables;
    if (!f.member)
        reasons.must.insert(tables.nodes.contains(f.source_be) ? COAX_DROP_VNI_NOT_ALLOWED
                                                               : COAX_DROP_UNKNOWN_VTEP);
    if (!tables.networks.contains(f.vni))
        reasons.must.insert(COAX_DROP_NO_NETWORK);
    const View inner = f.frame.subspan(kInner);
    const bool v6 = be16(inner, 12) == test::kTypeIpv6;
    if ((f.src[0] & 1U) != 0 || (v6 && inner.size() < kEthernetBytes + 40))
        reasons.must.insert(COAX_DROP_MALFORMED);
    const coax_fdb_entry *known = tables.find(f.vni, f.src);
    if (known == nullptr)
        return;
    if (known->target.kind != COAX_TARGET_NODE)
        reasons.must.insert(COAX_DROP_SRC_MAC_LOCAL);
    else if ((known->flags & COAX_FDB_STATIC) != 0 && known->target.vtep_be != f.source_be)
        reasons.must.insert(COAX_DROP_SRC_MAC_STATIC);
}

void destination_reasons(const LaneFrame &f, Reasons &reasons) {
    if (f.group())
        return;
    const coax_fdb_entry *entry = f.j.tables.find(f.vni, f.dst);
    if (entry == nullptr || entry->target.kind == COAX_TARGET_NODE)
        reasons.must.insert(COAX_DROP_DST_NOT_HERE);
}

bool same_entry(const coax_fdb_entry &a, const coax_fdb_entry &b) {
    return a.target.kind == b.target.kind && a.target.lanes == b.target.lanes &&
           a.target.ifindex == b.target.ifindex && a.target.vtep_be == b.target.vtep_be &&
           a.flags == b.flags;
}

/// What the FDB must hold for the sender's MAC afterwards, and the counter that says why.
struct Learning {
    std::optional<coax_fdb_entry> entry;
    std::map<coax_counter, std::uint64_t> counters;
};

Learning expected_learning(const LaneFrame &f) {
    const coax_network &network = f.j.tables.networks.at(f.vni);
    const coax_fdb_entry *known = f.j.tables.find(f.vni, f.src);
    coax_fdb_entry from_sender{};
    from_sender.target.kind = COAX_TARGET_NODE;
    from_sender.target.lanes = static_cast<std::uint8_t>(f.member.value_or(coax_member{}).lanes);
    from_sender.target.vtep_be = f.source_be;
    if (known != nullptr) {
        if (known->target.vtep_be == f.source_be)
            return {.entry = *known, .counters = {}};
        return {.entry = from_sender, .counters = {{COAX_COUNTER_FDB_MOVED, 1}}};
    }
    if ((network.flags & COAX_NETWORK_LEARN) == 0)
        return {};
    const auto learned = f.j.tables.learned.find(f.vni);
    if (learned == f.j.tables.learned.end() || learned->second >= network.learn_limit)
        return {.entry = std::nullopt, .counters = {{COAX_COUNTER_FDB_NOT_LEARNED, 1}}};
    return {.entry = from_sender, .counters = {{COAX_COUNTER_FDB_LEARNED, 1}}};
}

void judge_learning(const LaneFrame &f, const Learning &learning, Complaints &complaints) {
    const auto &found = f.j.seen.learned_entry;
    const bool same = found && learning.entry ? same_entry(*found, *learning.entry)
                                              : found.has_value() == learning.entry.has_value();
    complaints.check(same, "the FDB entry of the source MAC is not what this frame says");
    if (learning.counters.contains(COAX_COUNTER_FDB_LEARNED))
        complaints.check(f.j.seen.learned_count == f.j.tables.learned.at(f.vni) + 1,
                         "one more MAC is learned, the count is not");
}

/// RFC 6040 section 4.2: the tunnel's congestion mark on what can carry it.
Bytes with_congestion(View inner) {
    Bytes frame(inner.begin(), inner.end());
    const std::uint16_t type = be16(inner, 12);
    if (type == test::kTypeIpv4 && (frame[15] & 3U) != 0) {
        const std::uint32_t old_word = be16(frame, 14);
        frame[15] |= kCongested;
        // RFC 1624, eqn. 3.
        std::uint32_t sum = (~be16(frame, 24) & 0xffffU) + (~old_word & 0xffffU) + be16(frame, 14);
        sum = (sum & 0xffffU) + (sum >> 16U);
        sum = ~((sum & 0xffffU) + (sum >> 16U)) & 0xffffU;
        frame[24] = static_cast<std::uint8_t>(sum >> 8U);
        frame[25] = static_cast<std::uint8_t>(sum);
    } else if (type == test::kTypeIpv6 && (frame[15] >> 4U & 3U) != 0) {
        frame[15] |= kCongested << 4U;
    }
    return frame;
}

void judge_delivery(const LaneFrame &f, const Learning &learning, Complaints &complaints) {
    const View inner = f.frame.subspan(kInner);
    const bool marked = (f.frame[kEthernetBytes + 1] & 3U) == kCongested;
    const Bytes expected = marked ? with_congestion(inner) : Bytes(inner.begin(), inner.end());
    std::vector<Copy> found;
    for (const Sent &copy : f.j.seen.sent) {
        complaints.check(copy.frame == expected,
                         "a copy changed:\n" + test::hexdump_diff(expected, copy.frame));
        found.push_back({.ifindex = copy.ifindex});
    }
    if (f.group()) {
        expect_verdict(f.j, kStolen, complaints);
        expect_copies(local_copies(f.j, f.vni, 0), found, complaints);
    } else {
        expect_verdict(f.j, kRedirect, complaints);
        expect_copies({}, found, complaints);
        complaints.check(f.j.seen.run.packet == expected,
                         "inner frame changed:\n" +
                             test::hexdump_diff(expected, f.j.seen.run.packet));
        expect_gso_kept(f.j, complaints);
    }
    auto counters = learning.counters;
    counters[COAX_COUNTER_DECAP] = 1;
    expect_counters(f.j, counters, complaints);
}

} // namespace

std::optional<std::pair<std::uint32_t, Mac>> learn_key(const Case &input) {
    if (input.frame.size() < kInner + kEthernetBytes)
        return std::nullopt;
    return std::pair(be32(input.frame, kInner - 4) >> 8U, mac_at(input.frame, kInner + 6));
}

std::optional<std::uint32_t> sender_of(const Case &input) {
    if (input.frame.size() < kEthernetBytes + 20)
        return std::nullopt;
    return raw32(input.frame, kEthernetBytes + 12);
}

void judge_lane(const Judged &j, Complaints &complaints) {
    if (is_control(j.input)) {
        judge_control(j, complaints);
        return;
    }
    complaints.check(j.seen.mail.empty(), "what is no mail reached user space");
    complaints.check(!j.seen.report || same_report(*j.seen.report, kNoReport),
                     "what is no control message told a path");
    Reasons reasons;
    if (j.tables.settings.lanes == 0)
        reasons.must.insert(COAX_DROP_NO_SETTINGS);
    outer_reasons(j, reasons);
    const auto key = learn_key(j.input);
    if (!key) {
        judge_drop(j, reasons, complaints);
        return;
    }
    const View frame = j.input.frame;
    LaneFrame f{.j = j,
                .frame = frame,
                .vni = key->first,
                .source_be = j.tables.first(raw32(frame, kEthernetBytes + 12)),
                .dst = mac_at(frame, kInner),
                .src = key->second};
    const auto member = j.tables.members.find({f.source_be, f.vni});
    if (member != j.tables.members.end())
        f.member = member->second;
    sender_reasons(f, reasons);
    const bool admitted = reasons.must.empty();
    destination_reasons(f, reasons);
    // A test run takes skb->protocol from an Ethernet header that a lane does not have, and cannot
    // say what kind of super-packet it is.
    if (be16(frame, 12) != test::kTypeIpv4 || j.input.context.gso_size != 0)
        reasons.may.insert(COAX_DROP_DECAP_FAILED);
    const coax_drop_reason reason = judge_drop(j, reasons, complaints);
    const Learning learning =
        admitted ? expected_learning(f)
                 : Learning{.entry = j.tables.find(f.vni, f.src) == nullptr
                                         ? std::nullopt
                                         : std::optional(*j.tables.find(f.vni, f.src)),
                            .counters = {}};
    judge_learning(f, learning, complaints);
    if (reason == COAX_DROP_NONE) {
        judge_delivery(f, learning, complaints);
        return;
    }
    complaints.check(j.seen.sent.empty(), "a dropped frame was copied");
    expect_counters(j, learning.counters, complaints);
}

} // namespace coax::fuzz
