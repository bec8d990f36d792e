// SPDX-License-Identifier: Apache-2.0
// tc_port: frames to an endpoint of another node, to the last byte.
#include <set>

#include "bpf/tc_port_test.h"

namespace coax::test {
namespace {

const Expect kToLane = {.verdict = kRedirect, .counters = {{COAX_COUNTER_ENCAP, 1}}};
const Expect kToHandover = {
    .verdict = kRedirect, .counters = {{COAX_COUNTER_ENCAP, 1}, {COAX_COUNTER_ENCAP_HANDOVER, 1}}};

struct EncapRow {
    std::string name;
    Packet frame;
    Expect expect;
    std::optional<Packet> carried = {}; // absent: the frame as it is
    RunContext context = {};
};
std::ostream &operator<<(std::ostream &out, const EncapRow &row) {
    return out << row.name;
}

using Rows = std::vector<EncapRow>;

void add_both(Rows &rows, const std::string &name, const Expect &expect,
              const std::function<Packet(const Family &)> &make, const RunContext &context = {}) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}})
        rows.push_back({name + "_" + f.suffix, to_remote(make(f)), expect, {}, context});
}

Rows ip_rows() {
    Rows rows;
    add_both(rows, "udp", kToLane,
             [](const Family &f) { return ip_to_remote(f) / Udp{} / Payload("hello"); });
    add_both(rows, "udp_without_checksum", kToLane, [](const Family &f) {
        return ip_to_remote(f) / Udp{.checksum = 0} / Payload("hello");
    });
    add_both(rows, "tcp", kToLane,
             [](const Family &f) { return ip_to_remote(f) / Tcp{} / Payload::pattern(500); });
    add_both(rows, "echo", kToLane, [](const Family &f) {
        return ip_to_remote(f) / (f.v6 ? Packet(Icmpv6{}) : Packet(Icmp{})) / Payload::pattern(56);
    });
    add_both(rows, "frame_of_exactly_the_mtu", kToLane, [](const Family &f) {
        return ip_to_remote(f) / Udp{} / Payload::pattern(kMtu - (f.v6 ? 48 : 28));
    });
    add_both(rows, "trailing_padding_is_carried", kToLane, [](const Family &f) {
        const auto length = static_cast<std::uint16_t>(f.v6 ? 8 : 28);
        Packet ip = f.v6 ? Packet(Ipv6{.src = kPortIp6, .payload_length = length})
                         : Packet(Ipv4{.src = kPortIp, .total_length = length});
        return ip / Udp{.length = 8} / Payload::pattern(18);
    });
    add_both(rows, "unknown_transport", kToLane, [](const Family &f) {
        return (f.v6 ? Packet(Ipv6{.src = kPortIp6, .next_header = 132})
                     : Packet(Ipv4{.src = kPortIp, .protocol = 132})) /
               Payload::pattern(40);
    });
    for (const std::uint8_t ecn : {1, 2, 3})
        add_both(rows, "ecn_" + std::to_string(ecn) + "_but_not_dscp", kToLane,
                 [ecn](const Family &f) {
                     const auto tos = static_cast<std::uint8_t>(0xb8U | ecn);
                     return (f.v6 ? Packet(Ipv6{.src = kPortIp6,
                                                .flow = static_cast<std::uint32_t>(tos) << 20U})
                                  : Packet(Ipv4{.src = kPortIp, .tos = tos})) /
                            Udp{};
                 });
    return rows;
}

Rows header_rows() {
    const auto v4 = [](const std::string &name, const Packet &rest) {
        return EncapRow{name, to_remote(rest), kToLane};
    };
    return {
        v4("ipv4_options", Ipv4{.src = kPortIp, .options = Bytes(40, 1)} / Tcp{}),
        v4("first_ipv4_fragment",
           Ipv4{.src = kPortIp, .frag = 0x2000} / Udp{.length = 900} / Payload::pattern(64)),
        v4("later_ipv4_fragment",
           Ipv4{.src = kPortIp, .frag = 9, .protocol = 17} / Payload::pattern(64)),
        v4("short_last_ipv4_fragment",
           Ipv4{.src = kPortIp, .frag = 9, .protocol = 6} / Payload::pattern(4)),
        v4("first_ipv6_fragment", Ipv6{.src = kPortIp6} / Ipv6Fragment{.more = true} /
                                      Udp{.length = 900} / Payload::pattern(64)),
        v4("later_ipv6_fragment", Ipv6{.src = kPortIp6} /
                                      Ipv6Fragment{.offset_bytes = 72, .next_header = 17} /
                                      Payload::pattern(64)),
        v4("ipv6_options", Ipv6{.src = kPortIp6} / Ipv6Options{.kind = 0} /
                               Ipv6Options{.kind = 60} / Udp{} / Payload("hello")),
        v4("ipv6_without_next_header", Ipv6{.src = kPortIp6} / Payload::pattern(20)),
    };
}

Rows other_rows() {
    return {
        {"arp_request",
         to_remote(Arp{.sender = kPortMac, .sender_ip = kPortIp, .target_ip = kRemoteIp} /
                   Payload(Bytes(18))),
         kToHandover},
        {"unknown_ethertype", to_remote(Payload::pattern(100)), kToHandover},
        {"length_field_instead_of_a_type",
         Ethernet{.dst = kRemoteMac, .src = kPortMac, .type = 38} / Payload::pattern(46),
         kToHandover},
        {"frame_just_long_enough", to_remote(Payload::pattern(COAX_RUNT_BYTES - 14)), kToHandover},
        {"runt_is_padded_with_zeros", to_remote(Payload::pattern(COAX_RUNT_BYTES - 15)),
         kToHandover,
         to_remote(Payload::pattern(COAX_RUNT_BYTES - 15) /
                   Payload(Bytes(COAX_ETH_MIN_BYTES - COAX_RUNT_BYTES + 1)))},
        {"shortest_runt", to_remote(Payload(Bytes{7})), kToHandover,
         to_remote(Payload(Bytes{7}) / Payload(Bytes(COAX_ETH_MIN_BYTES - 15)))},
    };
}

class TcPortEncap : public TcPortTest, public testing::WithParamInterface<EncapRow> {};

TEST_P(TcPortEncap, carries) {
    const EncapRow &row = GetParam();
    expect_encapsulated(row.frame, row.expect, row.carried.value_or(row.frame), row.context);
}

INSTANTIATE_TEST_SUITE_P(Ip, TcPortEncap, testing::ValuesIn(ip_rows()), RowName());
INSTANTIATE_TEST_SUITE_P(Headers, TcPortEncap, testing::ValuesIn(header_rows()), RowName());
INSTANTIATE_TEST_SUITE_P(Other, TcPortEncap, testing::ValuesIn(other_rows()), RowName());

class TcPortTagged : public TcPortTest {
  protected:
    // The kernel takes one tag out of the bytes before tc_port sees the frame; these have two.
    static Packet frame() {
        return to_remote(Vlan{.tci = 5, .tpid = kTypeQinq} / Vlan{.tci = 0x2007} /
                         Ipv4{.src = kPortIp} / Udp{} / Payload("tagged"));
    }
};

TEST_F(TcPortTagged, carries_tags_in_the_bytes_of_an_unguarded_port) {
    set_port(kVni, 0);
    expect_encapsulated(frame(), kToHandover, frame());
}

TEST_F(TcPortTagged, drops_tags_in_the_bytes_where_source_ips_are_guarded) {
    run_row({"", frame(), dropped(COAX_DROP_SPOOFED_IP)});
}

class TcPortRemote : public TcPortTest {
  protected:
    std::uint16_t sport_of(const Packet &rest) const {
        const RunResult result = run(to_remote(rest));
        EXPECT_EQ(result.verdict, kRedirect) << drops_text(result.drops);
        return result.packet.size() < 64 ? 0 : outer_sport(result.packet);
    }
};

TEST_F(TcPortRemote, drops_frames_without_a_lane) {
    program().put("coax_settings", 0U, world_settings({.first = 0, .second = 0}));
    for (const Row &row : both([](const Family &f) -> Row {
             return {"", to_remote(ip_to_remote(f) / Udp{}), dropped(COAX_DROP_NO_LANE)};
         }))
        run_row(row);
    run_row({"", to_remote(Payload::pattern(60)), dropped(COAX_DROP_NO_LANE)});
}

// TEST_RUN's super-packets have no GSO type; the kernel refuses to tunnel those, as it does for every
// type it cannot segment again. Real super-packets are in tc_port_wire_test.cpp.
TEST_F(TcPortRemote, drops_frames_the_kernel_makes_no_room_for) {
    for (Row row : both([](const Family &f) -> Row {
             return {"",
                     to_remote(ip_to_remote(f) / Tcp{} / Payload::pattern(2400)),
                     dropped(COAX_DROP_ENCAP_FAILED),
                     {.gso_size = 1200, .gso_segs = 2}};
         }))
        run_row(row);
}

TEST_F(TcPortRemote, keeps_a_flow_on_one_source_port) {
    for (const bool v6 : {false, true}) {
        const Family f{"", v6};
        const std::uint16_t first = sport_of(ip_to_remote(f) / Tcp{.seq = 1} / Payload("a"));
        EXPECT_EQ(first, sport_of(ip_to_remote(f) / Tcp{.seq = 900} / Payload("other bytes")));
        EXPECT_EQ(first, sport_of(ip_to_remote(f) / Tcp{.flags = kTcpSyn}));
    }
    EXPECT_EQ(sport_of(Ipv4{.src = kPortIp, .ttl = 3, .id = 7} / Udp{}),
              sport_of(Ipv4{.src = kPortIp, .ttl = 64, .id = 9} / Udp{}));
}

TEST_F(TcPortRemote, keeps_fragments_of_a_datagram_together) {
    EXPECT_EQ(sport_of(Ipv4{.src = kPortIp, .frag = 0x2000} / Udp{} / Payload::pattern(64)),
              sport_of(Ipv4{.src = kPortIp, .frag = 9, .protocol = 17} / Payload::pattern(64)));
    EXPECT_EQ(sport_of(Ipv6{.src = kPortIp6} / Ipv6Fragment{.more = true} / Udp{}),
              sport_of(Ipv6{.src = kPortIp6} / Ipv6Fragment{.offset_bytes = 72, .next_header = 17} /
                       Payload::pattern(9)));
}

TEST_F(TcPortRemote, spreads_flows_that_differ_in_any_field) {
    for (const bool v6 : {false, true}) {
        const Family f{"", v6};
        const Ip src = f.ip(kPortIp, kPortIp6);
        std::set<std::uint16_t> sports = {
            sport_of(f.header(src, f.ip("192.0.2.1", "2001:db8::1")) / Udp{}),
            sport_of(f.header(src, f.ip("192.0.2.2", "2001:db8::2")) / Udp{}),
            sport_of(f.header(src, f.ip("192.0.2.1", "2001:db8::1")) / Udp{.sport = 1001}),
            sport_of(f.header(src, f.ip("192.0.2.1", "2001:db8::1")) / Udp{.dport = 2001}),
            sport_of(f.header(src, f.ip("192.0.2.1", "2001:db8::1")) / Tcp{}),
        };
        EXPECT_EQ(sports.size(), 5U);
    }
}

TEST_F(TcPortRemote, spreads_sequential_ports_evenly_over_two_lanes) {
    constexpr int kFlows = 400;
    int odd = 0;
    std::set<std::uint16_t> sports;
    for (int i = 0; i < kFlows; ++i) {
        const auto port = static_cast<std::uint16_t>(30000 + i);
        const std::uint16_t sport = sport_of(Ipv4{.src = kPortIp} / Tcp{.sport = port});
        sports.insert(sport);
        odd += sport & 1;
    }
    EXPECT_GT(odd, kFlows / 2 - 60); // six standard deviations
    EXPECT_LT(odd, kFlows / 2 + 60);
    EXPECT_GT(sports.size(), kFlows * 9UL / 10);
}

TEST_F(TcPortRemote, counts_what_the_node_was_sent) {
    const std::uint32_t vtep = Ip(kRemoteVtep).v4_be();
    program().put_zero_per_cpu<coax_node_stats>("coax_node_stats", vtep);
    const RunResult result = run(to_remote(Ipv4{.src = kPortIp} / Udp{} / Payload("hello")));
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    for (const auto &cpu : program().get_per_cpu<coax_node_stats>("coax_node_stats", vtep)) {
        packets += cpu.tx_packets;
        bytes += cpu.tx_bytes;
    }
    EXPECT_EQ(packets, 1U);
    EXPECT_EQ(bytes, result.packet.size());
}

} // namespace
} // namespace coax::test
