// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "bpf/world.h"

namespace coax::fuzz {

namespace {

constexpr std::size_t kOuterBytes = 36; // IPv4, UDP, VXLAN
constexpr std::uint32_t kXdpDrop = 1;

std::string reasons_text(coax_hook hook, const std::set<coax_drop_reason> &reasons) {
    std::map<std::uint32_t, coax_count> counts;
    for (const coax_drop_reason reason : reasons)
        counts[test::drop_index(hook, reason)] = {.packets = 1, .bytes = 0};
    std::string text = test::drops_text(counts);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

} // namespace

std::string judge(const Judged &judged) {
    Complaints complaints;
    switch (judged.hook) {
    case COAX_HOOK_TC_PORT:
        judge_port(judged, complaints);
        break;
    case COAX_HOOK_TC_LANE:
        judge_lane(judged, complaints);
        break;
    case COAX_HOOK_TC_HANDOVER:
        judge_handover(judged, complaints);
        break;
    default:
        judge_uplink(judged, complaints);
    }
    for (const Sent &copy : judged.seen.sent)
        complaints.check(copy.ifindex != judged.devices.uplink, "a copy left by the uplink");
    return complaints.text();
}

coax_drop_reason judge_drop(const Judged &j, const Reasons &reasons, Complaints &complaints) {
    const auto &drops = j.seen.run.drops;
    if (drops.empty()) {
        complaints.check(reasons.must.empty(), "went on though it had to be dropped for one of: " +
                                                   reasons_text(j.hook, reasons.must));
        return COAX_DROP_NONE;
    }
    const auto &[index, count] = *drops.begin();
    const test::DropPlace place = test::drop_place(index);
    const auto reason = static_cast<coax_drop_reason>(place.reason);
    complaints.check(drops.size() == 1 && count.packets == 1 && place.hook == j.hook,
                     "one frame is one drop of this program, found: " + test::drops_text(drops));
    complaints.check(count.bytes == j.input.frame.size(),
                     fmt::format("a drop counts the frame as it came, {} bytes, found {}",
                                 j.input.frame.size(), count.bytes));
    complaints.check(reasons.must.contains(reason) || reasons.may.contains(reason),
                     "dropped as " + test::drops_text(drops) + "    though only these apply: " +
                         reasons_text(j.hook, reasons.must) + reasons_text(j.hook, reasons.may));
    const bool answered = j.seen.run.counters.contains(COAX_COUNTER_TOO_BIG_SENT);
    if (!answered)
        expect_verdict(j, j.hook == COAX_HOOK_XDP_UPLINK ? kXdpDrop : kShot, complaints);
    return reason;
}

void expect_verdict(const Judged &j, std::uint32_t verdict, Complaints &complaints) {
    complaints.check(j.seen.run.verdict == verdict,
                     fmt::format("verdict {} expected, found {}", static_cast<int>(verdict),
                                 static_cast<int>(j.seen.run.verdict)));
}

void expect_counters(const Judged &j, const std::map<coax_counter, std::uint64_t> &expected,
                     Complaints &complaints) {
    std::map<std::uint32_t, coax_count> counts;
    for (const auto &[counter, packets] : expected)
        if (packets != 0)
            counts[counter] = {.packets = packets, .bytes = 0};
    const std::string wanted = test::counters_text(counts);
    const std::string found = test::counters_text(j.seen.run.counters);
    complaints.check(wanted == found, "counters expected:\n" + wanted + "  found:\n" + found);
}

void expect_gso_kept(const Judged &j, Complaints &complaints) {
    const std::uint32_t segments = j.seen.run.gso_segs;
    complaints.check(segments == j.input.context.gso_segs || segments == 0,
                     fmt::format("gso_segs {} became {}", j.input.context.gso_segs, segments));
}

std::uint16_t outer_sport(View frame) {
    return be16(frame, kEthernetBytes + 20);
}

Path path_to(const Tables &tables, std::uint32_t vtep_be) {
    const std::uint32_t flags = tables.path(vtep_be);
    const std::uint32_t bit_be = tables.second.vtep_bit_be;
    Path path{.source_be = tables.settings.self_vtep_be, .destination_be = vtep_be};
    path.from_second = (flags & COAX_PATH_FROM_SECOND) != 0;
    if (path.from_second)
        path.source_be |= bit_be;
    if ((flags & COAX_PATH_TO_SECOND) != 0)
        path.destination_be |= bit_be;
    return path;
}

std::uint32_t lane_device(const Tables &tables, bool second, std::uint32_t lane) {
    return second ? tables.second.lane_ifindex[lane] : tables.settings.lane_ifindex[lane];
}

std::uint32_t lane_of(const Tables &tables, bool second, std::uint16_t sport, std::uint32_t lanes) {
    const std::uint32_t hash = (sport - COAX_SPORT_BASE) & COAX_SPORT_MASK;
    return lane_device(tables, second, hash % std::max(lanes, 1U) % COAX_LANES_MAX);
}

std::optional<Bytes> judge_outer(View frame, const Outer &outer, Complaints &complaints) {
    if (frame.size() < kEthernetBytes + kOuterBytes) {
        complaints.add("too short for the outer headers");
        return std::nullopt;
    }
    const View ip = frame.subspan(kEthernetBytes);
    const View udp = ip.subspan(20);
    const View vxlan = udp.subspan(8);
    const auto want = [&](bool good, const char *text) {
        complaints.check(good, std::string("outer header: ") + text);
    };
    want(ip[0] == 0x45 && ip[1] == outer.ecn, "IPv4 without options, DSCP 0, the inner ECN");
    want(be16(ip, 2) == ip.size(), "total length is that of the packet");
    want(be32(ip, 4) == 0x4000, "id 0, DF, not a fragment");
    want(ip[8] == 64 && ip[9] == kUdp, "TTL 64, UDP");
    want(test::internet_checksum(ip.first(20)) == 0, "header checksum");
    want(raw32(ip, 12) == outer.source_be, "from this node's address on the path");
    want(raw32(ip, 16) == outer.destination_be, "to the target's address on the path");
    want(be16(udp, 0) >= COAX_SPORT_BASE && be16(udp, 0) <= COAX_SPORT_BASE + COAX_SPORT_MASK,
         "source port in the range for flow hashes");
    want(be16(udp, 2) == test::kVxlanPort, "to the overlay's VXLAN port");
    want(be16(udp, 4) == udp.size(), "UDP length is that of the datagram");
    want(be16(udp, 6) == 0, "no UDP checksum (RFC 7348 section 5)");
    want(be32(vxlan, 0) == 0x08000000 && be32(vxlan, 4) == outer.vni << 8U,
         "VXLAN flags, VNI, reserved bits zero");
    return Bytes(vxlan.begin() + 8, vxlan.end());
}

std::vector<Copy> local_copies(const Judged &j, std::uint32_t vni, std::uint32_t except) {
    std::vector<Copy> copies;
    const coax_network &network = j.tables.networks.at(vni);
    for (std::uint32_t i = 0; i < network.local_targets; ++i) {
        const auto found = j.tables.flood.find({vni, i});
        if (found != j.tables.flood.end() && found->second.kind != COAX_TARGET_NODE &&
            found->second.ifindex != except && j.devices.has(found->second.ifindex))
            copies.push_back({.ifindex = found->second.ifindex});
    }
    return copies;
}

std::vector<Copy> remote_copies(const Judged &j, std::uint32_t vni, std::uint16_t sport) {
    std::vector<Copy> copies;
    const coax_network &network = j.tables.networks.at(vni);
    for (std::uint32_t i = 0; i < network.remote_targets; ++i) {
        const auto found = j.tables.flood.find({vni, COAX_FLOOD_REMOTE_FIRST + i});
        if (found == j.tables.flood.end() || found->second.kind != COAX_TARGET_NODE)
            continue;
        const Path path = path_to(j.tables, found->second.vtep_be);
        const std::uint32_t lane = lane_of(j.tables, path.from_second, sport, found->second.lanes);
        if (j.devices.has(lane))
            copies.push_back({.ifindex = lane,
                              .source_be = path.source_be,
                              .destination_be = path.destination_be});
    }
    return copies;
}

void expect_copies(std::vector<Copy> expected, std::vector<Copy> found, Complaints &complaints) {
    std::ranges::sort(expected);
    std::ranges::sort(found);
    const auto list = [](const std::vector<Copy> &copies) {
        std::string out;
        for (const Copy &copy : copies)
            out +=
                fmt::format(" {}/{:08x}/{:08x}", copy.ifindex, copy.source_be, copy.destination_be);
        return out.empty() ? std::string(" none") : out;
    };
    complaints.check(expected == found,
                     "copies (device/from/to) expected" + list(expected) + ", found" + list(found));
}

} // namespace coax::fuzz
