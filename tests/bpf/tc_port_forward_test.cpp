// SPDX-License-Identifier: Apache-2.0
// tc_port: local switching, and who gets a copy of a flooded frame.
#include "bpf/tc_port_test.h"

namespace coax::test {
namespace {

const Expect kSwitched = {.verdict = kRedirect, .counters = {{COAX_COUNTER_LOCAL_SWITCHED, 1}}};

std::vector<Row> local_rows() {
    return both([](const Family &f) -> Row {
               return {"udp_to_a_local_port", frame_to(kLocalMac, ip_to_remote(f) / Udp{}),
                       kSwitched};
           }) +
           both([](const Family &f) -> Row {
               return {"large_mss_to_a_local_port",
                       frame_to(kLocalMac, ip_to_remote(f) / Tcp{.flags = kTcpSyn, .mss = 9000}),
                       kSwitched};
           }) +
           both([](const Family &f) -> Row {
               return {"frame_above_the_mtu_to_a_local_port",
                       frame_to(kLocalMac, ip_to_remote(f) / Udp{} / Payload::pattern(1440)),
                       kSwitched};
           }) +
           std::vector<Row>{
               {"arp_to_a_local_port",
                frame_to(kLocalMac, Arp{.op = 2, .sender = kPortMac, .sender_ip = kPortIp}),
                kSwitched},
               {"unknown_ethertype_to_a_local_port", frame_to(kLocalMac, Payload::pattern(5)),
                kSwitched},
               {"super_packet_to_a_local_port",
                frame_to(kLocalMac, Ipv4{.src = kPortIp} / Tcp{} / Payload::pattern(2600)),
                kSwitched,
                {.gso_size = 1300, .gso_segs = 2}},
               {"back_to_the_same_port", frame_to(kPortMac, Payload::pattern(46)),
                dropped(COAX_DROP_DST_NOT_HERE)},
           };
}

class TcPortLocal : public TcPortTest, public testing::WithParamInterface<Row> {};
TEST_P(TcPortLocal, row) {
    run_row(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Frames, TcPortLocal, testing::ValuesIn(local_rows()), RowName());

/// Two local ports, and two lanes whose far ends show what WireGuard would have got.
class TcPortFlood : public TcPortTest {
  protected:
    void fill() override {
        lanes_ = {.first = lane_.near, .second = lane_.near, .handover = handover_.near};
        TcPortTest::fill();
        set_targets(kVni, {to_port(port_.near), to_port(second_.near)},
                    {to_node(kRemoteVtep), to_node(kThirdVtep)});
    }
    void set_targets(std::uint32_t vni, const std::vector<coax_target> &local,
                     const std::vector<coax_target> &remote) {
        coax_network network = world_network();
        network.local_targets = static_cast<std::uint32_t>(local.size());
        network.remote_targets = static_cast<std::uint32_t>(remote.size());
        set_network(vni, network);
        put_targets({.vni = vni, .index = 0}, local);
        put_targets({.vni = vni, .index = COAX_FLOOD_REMOTE_FIRST}, remote);
    }
    void put_targets(coax_flood_key key, const std::vector<coax_target> &targets) {
        for (const coax_target &target : targets) {
            program().put("coax_flood", key, target);
            ++key.index;
        }
    }
    static Expect flooded(std::uint64_t copies) {
        return {.verdict = kStolen,
                .counters = {{COAX_COUNTER_FLOODED, 1}, {COAX_COUNTER_FLOOD_COPIES, copies}}};
    }
    /// The copies for node 2 and node 3, in the order of the targets.
    void expect_copies(const PacketSocket &socket, const Packet &frame, const Ethernet &l2) const {
        for (const char *vtep : {kRemoteVtep, kThirdVtep}) {
            SCOPED_TRACE(vtep);
            const auto copy = socket.receive();
            ASSERT_TRUE(copy.has_value());
            const Packet expected = l2 / outer({.dst = vtep, .sport = outer_sport(*copy)}, frame);
            EXPECT_TRUE(same_bytes(expected.bytes(), *copy));
        }
    }
    /// Nothing more arrived: the next frame is one sent now.
    static void expect_nothing_more(const PacketSocket &socket, const VethPair &pair) {
        const Bytes marker =
            (Ethernet{.type = 0x88b6} / Payload("marker") / Payload(Bytes(40))).bytes();
        PacketSocket(pair.near).send(marker);
        const auto next = socket.receive();
        ASSERT_TRUE(next.has_value());
        EXPECT_TRUE(same_bytes(marker, *next));
    }

    VethPair second_ = add_veth("second");
    VethPair other_ = add_veth("other"); // of another network
    VethPair lane_ = add_veth("lane");
    VethPair handover_ = add_veth("hand");
    PacketSocket at_port_{port_.far};
    PacketSocket at_second_{second_.far};
    PacketSocket at_other_{other_.far};
    PacketSocket at_lane_{lane_.far};
};

TEST_F(TcPortFlood, copies_an_ip_frame_to_members_and_to_nobody_else) {
    for (const Row &row : both([](const Family &f) -> Row {
             return {"", frame_to(kBroadcast, ip_to_remote(f) / Udp{} / Payload("hello")),
                     flooded(3)};
         })) {
        check(run(row.packet), {}, row.expect);
        const Bytes bytes = row.packet.bytes();
        const auto local = at_second_.receive();
        ASSERT_TRUE(local.has_value());
        EXPECT_TRUE(same_bytes(bytes, *local));
        const auto type = static_cast<std::uint16_t>(bytes[12] << 8U | bytes[13]);
        expect_copies(at_lane_, row.packet, {.dst = kBroadcast, .src = kPortMac, .type = type});
    }
    expect_nothing_more(at_port_, port_);
    expect_nothing_more(at_second_, second_);
    expect_nothing_more(at_other_, other_);
    expect_nothing_more(at_lane_, lane_);
}

TEST_F(TcPortFlood, hands_arp_over_once_for_all_nodes) {
    const Packet frame =
        frame_to(kBroadcast, Arp{.sender = kPortMac, .sender_ip = kPortIp} / Payload(Bytes(18)));
    const RunResult result = run(frame);
    ASSERT_EQ(result.packet.size(), frame.size() + COAX_ENCAP_BYTES);
    Expect expect = flooded(1); // tc_handover counts the copies to nodes
    expect.verdict = kRedirect;
    expect.packet = Ethernet{.dst = kZeroMac, .src = kZeroMac, .type = kTypeIpv4} /
                    outer({.dst = "0.0.0.0", .sport = outer_sport(result.packet)}, frame);
    check(result, {}, expect);
    const auto local = at_second_.receive();
    ASSERT_TRUE(local.has_value());
    EXPECT_TRUE(same_bytes(frame.bytes(), *local));
    expect_nothing_more(at_lane_, lane_);
}

TEST_F(TcPortFlood, floods_unknown_unicast) {
    check(run(frame_to(kUnknownMac, Ipv4{.src = kPortIp} / Udp{})), {}, flooded(3));
}

TEST_F(TcPortFlood, floods_without_remote_members) {
    set_targets(kVni, {to_port(port_.near), to_port(second_.near)}, {});
    const Packet frame = frame_to(kBroadcast, Payload::pattern(46));
    check(run(frame), {}, flooded(1));
    const auto local = at_second_.receive();
    ASSERT_TRUE(local.has_value());
    EXPECT_TRUE(same_bytes(frame.bytes(), *local));
}

TEST_F(TcPortFlood, counts_no_copy_that_could_not_be_made) {
    set_targets(kVni, {to_port(port_.near), to_port(60000)}, {to_node(kRemoteVtep)});
    check(run(frame_to(kBroadcast, Ipv4{.src = kPortIp} / Udp{})), {}, flooded(1));
}

TEST_F(TcPortFlood, drops_group_frames_where_flooding_is_off) {
    set_port(kQuietVni, COAX_PORT_GUARD_IP);
    for (const Mac &group : {kBroadcast, Mac{0x01, 0, 0x5e, 0, 0, 1}, Mac{0x33, 0x33, 0, 0, 0, 1}})
        run_row({"", frame_to(group, Ipv4{.src = kPortIp} / Udp{}), dropped(COAX_DROP_NO_FLOOD)});
    run_row({"", frame_to(kUnknownMac, Ipv4{.src = kPortIp} / Udp{}),
             dropped(COAX_DROP_UNKNOWN_UNICAST)});
    expect_nothing_more(at_second_, second_);
    expect_nothing_more(at_lane_, lane_);
}

TEST_F(TcPortFlood, drops_above_the_flood_rate) {
    coax_network network = world_network();
    network.flood_pps = 2; // and a burst of as many
    set_network(kVni, network);
    constexpr int kTriesMax = 1000;
    const Packet frame = frame_to(kBroadcast, Payload::pattern(46));
    for (int i = 0; i < kTriesMax; ++i) {
        const RunResult result = run(frame);
        if (result.verdict == kStolen)
            continue;
        EXPECT_GE(i, 2);
        check(result, frame.bytes(), dropped(COAX_DROP_FLOOD_RATE));
        return;
    }
    FAIL() << kTriesMax << " floods without a limit";
}

TEST_F(TcPortFlood, drops_floods_of_a_port_without_state) {
    program().remove("coax_port_state", port_.near);
    run_row({"", frame_to(kBroadcast, Payload::pattern(46)), dropped(COAX_DROP_FLOOD_RATE)});
}

// Holes in the table are passed over; so the test needs no thousand clones in one softirq, where the
// veth backlog (netdev_max_backlog) ends.
TEST_F(TcPortFlood, follows_the_table_up_to_its_bound) {
    coax_network network = world_network();
    network.remote_targets = COAX_FLOOD_TARGETS_MAX + 10;
    set_network(kVni, network);
    const Packet frame = frame_to(kBroadcast, Ipv4{.src = kPortIp} / Udp{});
    for (std::uint32_t i = COAX_FLOOD_TARGETS_MAX - 3; i < network.remote_targets; ++i)
        program().put("coax_flood",
                      coax_flood_key{.vni = kVni, .index = COAX_FLOOD_REMOTE_FIRST + i},
                      to_node(kRemoteVtep));
    check(run(frame), {}, flooded(2 + 3));
}

} // namespace
} // namespace coax::test
