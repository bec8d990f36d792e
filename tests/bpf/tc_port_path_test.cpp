// SPDX-License-Identifier: Apache-2.0
// tc_port and the two sets of keys: from which address, to which, by which lane.
#include "bpf/tc_port_test.h"
#include "harness/poll_until.h"

namespace coax::test {
namespace {

/// On a real veth pair, two lanes per set of keys.
class TcPortPath : public TcPortTest {
  protected:
    void fill() override {
        lanes_ = {.first = first_[0].near, .second = first_[1].near, .handover = handover_.near};
        TcPortTest::fill();
        set_second({.first = second_[0].near, .second = second_[1].near});
        attach_tc_ingress(port_.near, program().program_fd());
    }
    void set_second(const LaneIndices &lanes) const {
        program().put("coax_second", 0U, world_second(lanes));
    }
    /// kRemoteMac is behind the node of this row, which shares two lanes with us.
    void take(const PathRow &path) const {
        program().put("coax_fdb", fdb_key(kVni, kRemoteMac),
                      fdb_entry(to_node(path.vtep, 2), COAX_FDB_STATIC));
        program().put("coax_paths", Ip(path.vtep).v4_be(), coax_path{.flags = path.flags});
    }
    void send(const Packet &packet) const { from_port_.send(packet.bytes()); }

    /// What arrives next at one of these lanes: the frame with these outer addresses, at the lane
    /// its source port says.
    void expect_on(const PacketSocket (&lanes)[2], const PathRow &path, const Packet &frame,
                   std::uint32_t shared = 2) const {
        std::optional<Bytes> found;
        std::size_t lane = 1;
        poll_until([&] {
            lane ^= 1U;
            found = lanes[lane].receive(std::chrono::milliseconds(0));
            return found.has_value();
        });
        ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
        const std::uint16_t sport = outer_sport(*found);
        EXPECT_EQ(lane, (sport - COAX_SPORT_BASE) % shared);
        const Bytes l3(found->begin() + 14, found->end());
        const Packet expected = outer({.src = path.src, .dst = path.dst, .sport = sport}, frame);
        EXPECT_TRUE(same_bytes(expected.bytes(), l3));
    }
    void expect_sent(const PathRow &path, const Packet &frame, std::uint32_t shared = 2) const {
        expect_on(path.from_second() ? at_second_ : at_first_, path, frame, shared);
    }
    void expect_silence() const {
        for (const auto &lanes : {&at_first_, &at_second_})
            for (const PacketSocket &lane : *lanes)
                EXPECT_FALSE(lane.receive(std::chrono::milliseconds(0)).has_value());
    }

    VethPair first_[2] = {add_veth("first0"), add_veth("first1")};
    VethPair second_[2] = {add_veth("second0"), add_veth("second1")};
    VethPair handover_ = add_veth("hand");
    PacketSocket at_first_[2] = {PacketSocket(first_[0].far), PacketSocket(first_[1].far)};
    PacketSocket at_second_[2] = {PacketSocket(second_[0].far), PacketSocket(second_[1].far)};
    PacketSocket at_handover_{handover_.near};
    PacketSocket from_port_{port_.far};
};

class TcPortPaths : public TcPortPath, public testing::WithParamInterface<PathRow> {};

TEST_P(TcPortPaths, carry_ip_over_the_lanes_of_their_keys) {
    take(GetParam());
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}})
        for (std::uint16_t port = 3000; port < 3006; ++port) {
            const Packet frame = to_remote(ip_to_remote(f) / Udp{.sport = port} / Payload("hello"));
            send(frame);
            expect_sent(GetParam(), frame);
        }
    expect_silence();
}

TEST_P(TcPortPaths, hand_other_frames_over_with_their_addresses) {
    take(GetParam());
    const Packet arp = Arp{.sender = kPortMac, .sender_ip = kPortIp} / Payload(Bytes(18));
    for (const Packet &frame : {to_remote(arp), to_remote(Payload::pattern(200))}) {
        send(frame);
        const auto found = at_handover_.receive();
        ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
        const Packet expected =
            Ethernet{.dst = kZeroMac, .src = kZeroMac} /
            outer({.src = GetParam().src, .dst = GetParam().dst, .sport = outer_sport(*found)},
                  frame);
        EXPECT_TRUE(same_bytes(expected.bytes(), *found));
    }
    expect_silence();
}

TEST_P(TcPortPaths, need_a_lane_of_their_own_keys_only) {
    const Packet frame = to_remote(Ipv4{.src = kPortIp} / Udp{});
    take(GetParam());
    program().put("coax_settings", 0U, world_settings({.first = 0, .second = 0}));
    EXPECT_EQ(run(frame).verdict, GetParam().from_second() ? kRedirect : kShot);
    program().put("coax_settings", 0U, world_settings(lanes_));
    set_second({.first = 0, .second = 0});
    EXPECT_EQ(run(frame).verdict, GetParam().from_second() ? kShot : kRedirect);
}

TEST_P(TcPortPaths, are_first_to_first_without_second_keys) {
    take(GetParam());
    coax_second second = world_second({.first = second_[0].near, .second = second_[1].near});
    second.vtep_bit_be = 0;
    program().put("coax_second", 0U, second);
    const Packet frame = to_remote(Ipv4{.src = kPortIp} / Udp{});
    send(frame);
    expect_on(at_first_, {"", "", 0, kSelfVtep, GetParam().vtep}, frame);
}

TEST_P(TcPortPaths, are_first_to_first_without_an_entry) {
    take(GetParam());
    program().remove("coax_paths", Ip(GetParam().vtep).v4_be());
    const Packet frame = to_remote(Ipv4{.src = kPortIp} / Udp{});
    send(frame);
    expect_on(at_first_, {"", "", 0, kSelfVtep, GetParam().vtep}, frame);
}

TEST_P(TcPortPaths, count_what_the_node_was_sent) {
    take(GetParam());
    const std::uint32_t vtep = Ip(GetParam().vtep).v4_be();
    program().put_zero_per_cpu<coax_node_stats>("coax_node_stats", vtep);
    static_cast<void>(run(to_remote(Ipv4{.src = kPortIp} / Udp{})));
    std::uint64_t packets = 0;
    for (const auto &cpu : program().get_per_cpu<coax_node_stats>("coax_node_stats", vtep))
        packets += cpu.tx_packets;
    EXPECT_EQ(packets, 1U);
}

INSTANTIATE_TEST_SUITE_P(All, TcPortPaths, testing::ValuesIn(kPaths), RowName());

TEST_F(TcPortPath, drops_frames_without_a_lane_of_the_second_keys) {
    take(kPaths[1]);
    set_second({.first = 0, .second = 0});
    run_row({"", to_remote(Ipv4{.src = kPortIp} / Udp{}), dropped(COAX_DROP_NO_LANE)});
    run_row({"", to_remote(Payload::pattern(60)), dropped(COAX_DROP_NO_LANE)});
}

class TcPortFloodPath : public TcPortPath {
  protected:
    void fill() override {
        TcPortPath::fill();
        coax_network network = world_network();
        for (const PathRow &path : kPaths) {
            const std::uint32_t index = COAX_FLOOD_REMOTE_FIRST + network.remote_targets++;
            program().put("coax_flood", coax_flood_key{.vni = kVni, .index = index},
                          to_node(path.vtep));
            program().put("coax_paths", Ip(path.vtep).v4_be(), coax_path{.flags = path.flags});
        }
        set_network(kVni, network);
    }
};

TEST_F(TcPortFloodPath, sends_each_node_a_copy_by_its_path) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        const Packet frame = frame_to(kBroadcast, ip_to_remote(f) / Udp{} / Payload("hello"));
        send(frame);
        for (const PathRow &path : kPaths) {
            SCOPED_TRACE(path.name);
            expect_sent(path, frame, 1);
        }
    }
    expect_silence();
}

TEST_F(TcPortFloodPath, leaves_out_nodes_without_a_lane) {
    set_second({.first = 0, .second = 0});
    const Packet frame = frame_to(kBroadcast, Ipv4{.src = kPortIp} / Udp{});
    send(frame);
    for (const PathRow &path : kPaths)
        if (!path.from_second())
            expect_sent(path, frame, 1);
    expect_silence();
}

// The addresses are the hand-over's to write.
TEST_F(TcPortFloodPath, hands_other_frames_over_once_from_the_first_address) {
    const Packet frame = frame_to(kBroadcast, Payload::pattern(60));
    send(frame);
    const auto found = at_handover_.receive();
    ASSERT_TRUE(found.has_value());
    const Packet expected = Ethernet{.dst = kZeroMac, .src = kZeroMac} /
                            outer({.dst = "0.0.0.0", .sport = outer_sport(*found)}, frame);
    EXPECT_TRUE(same_bytes(expected.bytes(), *found));
    expect_silence();
}

} // namespace
} // namespace coax::test
