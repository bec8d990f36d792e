// SPDX-License-Identifier: Apache-2.0
#include "bpf/tc_port_test.h"

namespace coax::test {

namespace {

/// The two ECN bits of an IP frame, what the outer header takes over (RFC 6040); else 0.
std::uint8_t ecn_of(const Bytes &frame) {
    const int type = frame[12] << 8U | frame[13];
    if (type == kTypeIpv4)
        return frame[15] & 3U;
    return type == kTypeIpv6 ? (frame[15] >> 4U) & 3U : 0;
}

} // namespace

void TcPortTest::fill() {
    const BpfRun &maps = program();
    maps.put("coax_settings", 0U, world_settings(lanes_));
    set_network(kVni, world_network());
    set_network(kQuietVni, world_network(0));
    set_port(kVni, COAX_PORT_GUARD_IP);
    maps.put("coax_port_state", port_.near, coax_port_state{});
    for (const char *address : {kPortIp, kPortIp6})
        maps.put("coax_guard_ip", guard_ip_key(port_.near, address), std::uint8_t{0});
    for (const std::uint32_t vni : {kVni, kQuietVni}) {
        maps.put("coax_fdb", fdb_key(vni, kRemoteMac),
                 fdb_entry(to_node(kRemoteVtep), COAX_FDB_STATIC));
        maps.put("coax_fdb", fdb_key(vni, kPortMac),
                 fdb_entry(to_port(port_.near, COAX_TARGET_PORT_PEER), COAX_FDB_STATIC));
        maps.put("coax_fdb", fdb_key(vni, kLocalMac),
                 fdb_entry(to_port(2001, COAX_TARGET_PORT_PEER), COAX_FDB_STATIC));
    }
}

void TcPortTest::set_port(std::uint32_t vni, std::uint8_t flags) const {
    program().put("coax_ports", port_.near, port_entry(vni, kPortMac, flags));
}

RunResult TcPortTest::run(const Packet &packet, RunContext context) const {
    context.ifindex = port_.near;
    return program().run(packet.bytes(), context);
}

void TcPortTest::run_row(Row row) const {
    row.context.ifindex = port_.near;
    run_and_check(row);
}

void TcPortTest::expect_encapsulated(const Packet &frame, const Expect &expect,
                                     const Packet &carried, RunContext context) const {
    const RunResult result = run(frame, context);
    ASSERT_EQ(result.error, 0);
    ASSERT_GE(result.packet.size(), 64U) << drops_text(result.drops);
    const std::uint16_t sport = outer_sport(result.packet);
    EXPECT_GE(sport, COAX_SPORT_BASE);
    EXPECT_LE(sport, COAX_SPORT_BASE + COAX_SPORT_MASK);

    const bool handed_over = expect.counters.contains(COAX_COUNTER_ENCAP_HANDOVER);
    const Bytes inner = frame.bytes();
    // The device takes the L2 header off: adjust_room leaves the inner one, the hand-over needs the
    // type of IPv4 in it.
    Ethernet l2{.dst = kZeroMac, .src = kZeroMac, .type = kTypeIpv4};
    if (!handed_over) {
        std::copy_n(inner.begin(), 6, l2.dst.begin());
        std::copy_n(inner.begin() + 6, 6, l2.src.begin());
        l2.type = static_cast<std::uint16_t>(inner[12] << 8U | inner[13]);
    }
    Expect full = expect;
    full.packet = l2 / outer({.sport = sport, .tos = ecn_of(inner)}, carried);
    check(result, inner, full);
}

std::uint16_t outer_sport(const Bytes &frame) {
    return static_cast<std::uint16_t>(frame[34] << 8U | frame[35]);
}

Packet frame_to(const Mac &dst, const Packet &rest) {
    return Ethernet{.dst = dst, .src = kPortMac} / rest;
}

Packet ip_to_remote(const Family &family) {
    return family.header(family.ip(kPortIp, kPortIp6), family.ip(kRemoteIp, kRemoteIp6));
}

} // namespace coax::test
