// SPDX-License-Identifier: Apache-2.0
// tc_lane: what is delivered, to the last byte, and every reason to drop.
#include "bpf/tc_lane_test.h"

namespace coax::test {
namespace {

struct DeliverRow {
    std::string name;
    Packet frame;
};
std::ostream &operator<<(std::ostream &out, const DeliverRow &row) {
    return out << row.name;
}

void add_both(std::vector<DeliverRow> &rows, const std::string &name,
              const std::function<Packet(const Family &)> &make) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}})
        rows.push_back({name + "_" + f.suffix, inner(ip_to_port(f) / make(f))});
}

std::vector<DeliverRow> deliver_rows() {
    std::vector<DeliverRow> rows;
    add_both(rows, "udp", [](const Family &) { return Udp{} / Payload("hello"); });
    add_both(rows, "tcp", [](const Family &) { return Tcp{} / Payload::pattern(1000); });
    add_both(rows, "echo", [](const Family &f) {
        return (f.v6 ? Packet(Icmpv6{}) : Packet(Icmp{})) / Payload::pattern(56);
    });
    add_both(rows, "udp_with_padding",
             [](const Family &) { return Udp{.length = 8} / Payload(Bytes(18)); });
    rows.push_back({"arp", inner(Arp{.op = 2, .sender = kRemoteMac, .sender_ip = kRemoteIp} /
                                 Payload(Bytes(18)))});
    rows.push_back({"unknown_ethertype", inner(Payload::pattern(100))});
    rows.push_back({"shortest_frame", inner(Payload::pattern(20))});
    rows.push_back({"tagged", inner(Vlan{.tci = 0x2007} / Ipv4{.src = kRemoteIp} / Udp{})});
    rows.push_back({"length_field", Ethernet{.dst = kPortMac, .src = kRemoteMac, .type = 38} /
                                        Payload::pattern(46)});
    return rows;
}

class TcLaneDeliver : public TcLaneTest, public testing::WithParamInterface<DeliverRow> {};

TEST_P(TcLaneDeliver, as_it_was_sent) {
    run_and_check({"", from_node(GetParam().frame), delivered(GetParam().frame)});
}

INSTANTIATE_TEST_SUITE_P(Frames, TcLaneDeliver, testing::ValuesIn(deliver_rows()), RowName());

/// A frame that would be delivered, in `head` instead of the outer headers it should have.
Packet behind(const Packet &head) {
    return Ethernet{.dst = kZeroMac, .src = kZeroMac} / head /
           inner(Ipv4{.src = kRemoteIp} / Udp{} / Payload::pattern(30));
}

std::vector<Row> outer_rows() {
    const Ipv4 ip{.src = kRemoteVtep, .dst = kSelfVtep, .frag = 0x4000};
    const Udp udp{.sport = 50000, .dport = kVxlanPort, .checksum = 0};
    const Vxlan vxlan{.vni = kVni};
    const auto with = [](Ipv4 base, auto change) {
        change(base);
        return base;
    };
    const Expect not_vxlan = lane_drop(COAX_DROP_NOT_VXLAN);
    const Expect malformed = lane_drop(COAX_DROP_MALFORMED);
    return {
        {"tcp_in_the_tunnel", behind(ip / Tcp{.dport = kVxlanPort} / vxlan), not_vxlan},
        {"another_udp_port",
         behind(ip / Udp{.sport = kVxlanPort, .dport = 4791, .checksum = 0} / vxlan), not_vxlan},
        {"ipv6_in_the_tunnel", behind(Ipv6{} / udp / vxlan), not_vxlan},
        {"header_with_options",
         behind(with(ip, [](Ipv4 &h) { h.options = Bytes(4, 1); }) / udp / vxlan), not_vxlan},
        {"first_fragment", behind(with(ip, [](Ipv4 &h) { h.frag = 0x2000; }) / udp / vxlan),
         not_vxlan},
        {"later_fragment", behind(with(ip, [](Ipv4 &h) { h.frag = 1; }) / udp / vxlan), not_vxlan},
        {"vni_not_valid", behind(ip / udp / Vxlan{.vni = kVni, .flags = 0}), not_vxlan},
        {"total_length_too_long",
         behind(with(ip, [](Ipv4 &h) { h.total_length = 2000; }) / udp / vxlan), malformed},
        {"total_length_too_short",
         behind(with(ip, [](Ipv4 &h) { h.total_length = 60; }) / udp / vxlan), malformed},
        {"udp_length_too_long",
         behind(ip / Udp{.sport = 50000, .dport = kVxlanPort, .length = 2000, .checksum = 0} /
                vxlan),
         malformed},
        {"for_another_node", behind(with(ip, [](Ipv4 &h) { h.dst = kThirdVtep; }) / udp / vxlan),
         lane_drop(COAX_DROP_NOT_FOR_US)},
        {"from_an_unknown_node",
         behind(with(ip, [](Ipv4 &h) { h.src = "100.64.0.99"; }) / udp / vxlan),
         lane_drop(COAX_DROP_UNKNOWN_VTEP)},
        {"from_our_own_address", behind(with(ip, [](Ipv4 &h) { h.src = kSelfVtep; }) / udp / vxlan),
         lane_drop(COAX_DROP_UNKNOWN_VTEP)},
        {"network_the_sender_may_not_use",
         behind(with(ip, [](Ipv4 &h) { h.src = kThirdVtep; }) / udp / Vxlan{.vni = kQuietVni}),
         lane_drop(COAX_DROP_VNI_NOT_ALLOWED)},
        {"network_nobody_knows", behind(ip / udp / Vxlan{.vni = 999}),
         lane_drop(COAX_DROP_VNI_NOT_ALLOWED)},
        {"network_zero", behind(ip / udp / Vxlan{.vni = 0}), lane_drop(COAX_DROP_VNI_NOT_ALLOWED)},
    };
}

std::vector<Row> inner_rows() {
    const auto frame = [](const Mac &dst, const Mac &src) {
        return from_node(inner(Payload::pattern(46), dst, src));
    };
    return {
        {"multicast_source_mac", frame(kPortMac, kBroadcast), lane_drop(COAX_DROP_MALFORMED)},
        {"source_mac_of_a_local_port", frame(kPortMac, kPortMac),
         lane_drop(COAX_DROP_SRC_MAC_LOCAL)},
        {"broadcast_from_a_mac_of_a_local_port", frame(kBroadcast, kPortMac),
         lane_drop(COAX_DROP_SRC_MAC_LOCAL)},
        {"source_mac_pinned_to_another_node",
         from_node(inner(Payload::pattern(46)), {.src = kThirdVtep, .dst = kSelfVtep}),
         lane_drop(COAX_DROP_SRC_MAC_STATIC)},
        {"destination_unknown", frame(kUnknownMac, kRemoteMac), lane_drop(COAX_DROP_DST_NOT_HERE)},
        {"destination_on_another_node", frame(kRemoteMac, kRemoteMac),
         lane_drop(COAX_DROP_DST_NOT_HERE)},
    };
}

class TcLaneDrop : public TcLaneTest, public testing::WithParamInterface<Row> {};
TEST_P(TcLaneDrop, row) {
    run_and_check(GetParam());
}
INSTANTIATE_TEST_SUITE_P(OuterHeaders, TcLaneDrop, testing::ValuesIn(outer_rows()), RowName());
INSTANTIATE_TEST_SUITE_P(InnerFrame, TcLaneDrop, testing::ValuesIn(inner_rows()), RowName());

class TcLaneState : public TcLaneTest {};

const Packet kFrame = inner(Ipv4{.src = kRemoteIp, .dst = kPortIp} / Udp{} / Payload("hello"));

TEST_F(TcLaneState, drops_while_there_are_no_settings) {
    program().put("coax_settings", 0U, coax_settings{});
    run_and_check({"", from_node(kFrame), lane_drop(COAX_DROP_NO_SETTINGS)});
}

TEST_F(TcLaneState, drops_a_network_that_is_not_configured_here) {
    set_member(kRemoteVtep, 300);
    run_and_check({"", from_node(kFrame, {.src = kRemoteVtep, .dst = kSelfVtep, .vni = 300}),
                   lane_drop(COAX_DROP_NO_NETWORK)});
}

TEST_F(TcLaneState, keeps_networks_apart) {
    program().remove("coax_fdb", fdb_key(kQuietVni, kPortMac));
    run_and_check({"", from_node(kFrame, {.src = kRemoteVtep, .dst = kSelfVtep, .vni = kQuietVni}),
                   lane_drop(COAX_DROP_DST_NOT_HERE)});
    run_and_check({"", from_node(kFrame), delivered(kFrame)});
}

// TEST_RUN's super-packets have no GSO type, so the kernel refuses to change them.
TEST_F(TcLaneState, drops_what_the_kernel_does_not_strip) {
    run_and_check({"",
                   from_node(inner(Ipv4{.src = kRemoteIp} / Tcp{} / Payload::pattern(2400))),
                   lane_drop(COAX_DROP_DECAP_FAILED),
                   {.gso_size = 1200, .gso_segs = 2}});
}

TEST_F(TcLaneState, corrects_the_family_of_inner_ipv6_where_the_kernel_can) {
    program().put("coax_settings", 0U, world_settings({}, COAX_SETTINGS_DECAP_L3));
    const Packet v6 = inner(Ipv6{.src = kRemoteIp6, .dst = kPortIp6} / Udp{});
    run_and_check({"", from_node(v6),
                   kernel_decapsulates_l3() ? delivered(v6) : lane_drop(COAX_DROP_DECAP_FAILED)});
    run_and_check({"", from_node(kFrame), delivered(kFrame)});
}

TEST_F(TcLaneState, counts_traffic_of_the_node_and_the_port) {
    const std::uint32_t vtep = Ip(kRemoteVtep).v4_be();
    program().put_zero_per_cpu<coax_node_stats>("coax_node_stats", vtep);
    program().put_zero_per_cpu<coax_port_stats>("coax_port_stats", port_ifindex_);
    run_and_check({"", from_node(kFrame), delivered(kFrame)});
    coax_node_stats node{};
    for (const auto &cpu : program().get_per_cpu<coax_node_stats>("coax_node_stats", vtep)) {
        node.rx_packets += cpu.rx_packets;
        node.rx_bytes += cpu.rx_bytes;
        node.last_rx_ns += cpu.last_rx_ns;
    }
    EXPECT_EQ(node.rx_packets, 1U);
    EXPECT_EQ(node.rx_bytes, from_node(kFrame).size());
    EXPECT_NE(node.last_rx_ns, 0U);
    coax_port_stats port{};
    for (const auto &cpu :
         program().get_per_cpu<coax_port_stats>("coax_port_stats", port_ifindex_)) {
        port.tx_packets += cpu.tx_packets;
        port.tx_bytes += cpu.tx_bytes;
    }
    EXPECT_EQ(port.tx_packets, 1U);
    EXPECT_EQ(port.tx_bytes, kFrame.size());
}

TEST_F(TcLaneState, drops_every_shorter_packet) {
    const Bytes whole = from_node(kFrame).bytes();
    for (std::size_t length = 14 + 20; length < whole.size(); ++length) {
        SCOPED_TRACE(length);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        const bool headers = length >= 14 + COAX_ENCAP_BYTES;
        check(program().run(cut), cut,
              lane_drop(headers ? COAX_DROP_MALFORMED : COAX_DROP_NOT_VXLAN));
    }
}

TEST_F(TcLaneState, drops_ipv6_frames_cut_inside_their_header) {
    const std::uint32_t flag = kernel_decapsulates_l3() ? COAX_SETTINGS_DECAP_L3 : 0;
    for (const std::uint32_t flags : {0U, flag}) {
        program().put("coax_settings", 0U, world_settings({}, flags));
        for (const std::size_t bytes : {20, 37, 39}) {
            SCOPED_TRACE(bytes);
            const Ethernet eth{.dst = kPortMac, .src = kRemoteMac, .type = kTypeIpv6};
            run_and_check(
                {"", from_node(eth / Payload::pattern(bytes)), lane_drop(COAX_DROP_MALFORMED)});
        }
    }
}

TEST_F(TcLaneState, drops_frames_of_less_than_34_bytes) {
    for (const std::size_t payload : {0, 1, 19})
        run_and_check(
            {"", from_node(inner(Payload::pattern(payload))), lane_drop(COAX_DROP_MALFORMED)});
}

struct EcnRow {
    std::string name;
    std::uint8_t outer;
    std::uint8_t sent;
    std::uint8_t delivered;
};
std::ostream &operator<<(std::ostream &out, const EcnRow &row) {
    return out << row.name;
}

class TcLaneEcn : public TcLaneTest, public testing::WithParamInterface<EcnRow> {};

TEST_P(TcLaneEcn, row) {
    const EcnRow &row = GetParam();
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        SCOPED_TRACE(f.suffix);
        const auto frame = [&](std::uint8_t ecn) {
            const auto tos = static_cast<std::uint8_t>(0xb8U | ecn);
            const std::uint32_t flow = static_cast<std::uint32_t>(tos) << 20U | 0x12345U;
            return inner((f.v6 ? Packet(Ipv6{.src = kRemoteIp6, .flow = flow})
                               : Packet(Ipv4{.src = kRemoteIp, .tos = tos})) /
                         Udp{});
        };
        run_and_check(
            {"",
             from_node(frame(row.sent), {.src = kRemoteVtep, .dst = kSelfVtep, .tos = row.outer}),
             delivered(frame(row.delivered))});
    }
}

INSTANTIATE_TEST_SUITE_P(Rfc6040, TcLaneEcn,
                         testing::Values(EcnRow{"unmarked_stays", 2, 2, 2},
                                         EcnRow{"mark_reaches_ect_0", 3, 2, 3},
                                         EcnRow{"mark_reaches_ect_1", 3, 1, 3},
                                         EcnRow{"mark_stays", 3, 3, 3},
                                         EcnRow{"no_mark_on_what_cannot_carry_it", 3, 0, 0}),
                         RowName());

TEST_F(TcLaneState, does_not_mark_other_frames) {
    const Packet arp = inner(Arp{.sender = kRemoteMac} / Payload(Bytes(18)));
    run_and_check(
        {"", from_node(arp, {.src = kRemoteVtep, .dst = kSelfVtep, .tos = 3}), delivered(arp)});
}

} // namespace
} // namespace coax::test
