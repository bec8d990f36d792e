// SPDX-License-Identifier: Apache-2.0
// tc_port on a real veth pair: what a test run does not show. Where frames go, tags the kernel keeps
// beside the bytes, super-packets, and frames shorter than a test run takes.
#include "bpf/tc_port_test.h"
#include "harness/poll_until.h"

namespace coax::test {
namespace {

class TcPortWire : public TcPortTest {
  protected:
    void fill() override {
        lanes_ = {.first = lane_[0].near, .second = lane_[1].near, .handover = handover_.near};
        TcPortTest::fill();
        attach_tc_ingress(port_.near, program().program_fd());
    }
    void send(const Packet &packet) const { from_port_.send(packet.bytes()); }

    /// The frame, or what it becomes, arrived encapsulated at the lane its source port says.
    void expect_on_lane(const Packet &carried, std::uint8_t lanes = 1) const {
        const Bytes inner = carried.bytes();
        std::optional<Bytes> found;
        std::size_t lane = 1;
        poll_until([&] {
            lane ^= 1U;
            found = at_lane_[lane].receive(std::chrono::milliseconds(0));
            return found.has_value();
        });
        ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
        const std::uint16_t sport = outer_sport(*found);
        EXPECT_EQ(lane, (sport - COAX_SPORT_BASE) % lanes);
        const Bytes expected = outer({.sport = sport}, carried).bytes();
        const Bytes l3(found->begin() + 14, found->end());
        EXPECT_TRUE(same_bytes(expected, l3));
    }
    /// Polls until this drop, and no other, has been counted `times` times.
    void expect_drop(coax_drop_reason reason, std::uint64_t times = 1) const {
        const std::uint32_t index = drop_index(hook_, reason);
        std::map<std::uint32_t, coax_count> drops;
        poll_until([&] {
            drops = program().counts("coax_drops");
            return drops[index].packets >= times;
        });
        EXPECT_EQ(drops_text(drops), drops_text({{index, {.packets = times, .bytes = 0}}}));
    }

    VethPair lane_[2] = {add_veth("lane0"), add_veth("lane1")};
    VethPair handover_ = add_veth("hand");
    PacketSocket at_lane_[2] = {PacketSocket(lane_[0].far), PacketSocket(lane_[1].far)};
    PacketSocket at_handover_{handover_.near};
    PacketSocket from_port_{port_.far};
};

TEST_F(TcPortWire, sends_ip_to_the_lane) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        SCOPED_TRACE(f.suffix);
        const Packet frame = to_remote(ip_to_remote(f) / Udp{} / Payload("hello"));
        send(frame);
        expect_on_lane(frame);
    }
}

TEST_F(TcPortWire, keeps_each_flow_on_the_lane_of_its_source_port) {
    program().put("coax_fdb", fdb_key(kVni, kRemoteMac),
                  fdb_entry(to_node(kRemoteVtep, 2), COAX_FDB_STATIC));
    for (std::uint16_t port = 3000; port < 3016; ++port) {
        const Packet frame = to_remote(Ipv4{.src = kPortIp} / Tcp{.sport = port});
        send(frame);
        expect_on_lane(frame, 2);
    }
}

TEST_F(TcPortWire, sends_other_frames_to_the_handover_device_as_ipv4) {
    const Packet arp = Arp{.sender = kPortMac, .sender_ip = kPortIp} / Payload(Bytes(18));
    for (const Packet &frame : {to_remote(arp), to_remote(Payload::pattern(200))}) {
        send(frame);
        const auto found = at_handover_.receive_more();
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(found->protocol, kTypeIpv4);
        const Packet expected = Ethernet{.dst = kZeroMac, .src = kZeroMac} /
                                outer({.sport = outer_sport(found->frame)}, frame);
        EXPECT_TRUE(same_bytes(expected.bytes(), found->frame));
    }
}

TEST_F(TcPortWire, delivers_to_a_port_in_another_namespace) {
    const Fd container = make_netns();
    const VethPair local = add_veth("local", container.get());
    const PacketSocket in_container(local.far, container.get());
    program().put("coax_fdb", fdb_key(kVni, kLocalMac),
                  fdb_entry(to_port(local.near, COAX_TARGET_PORT_PEER), COAX_FDB_STATIC));
    const Packet arp = Arp{.sender = kPortMac, .sender_ip = kPortIp} / Payload(Bytes(18));
    for (const Packet &rest :
         {Packet(Ipv4{.src = kPortIp} / Udp{}), Packet(Ipv6{.src = kPortIp6} / Udp{}), arp,
          Packet(Payload::pattern(46)), Vlan{.tci = 9} / arp}) {
        const Bytes frame = frame_to(kLocalMac, rest).bytes();
        from_port_.send(frame);
        const auto found = in_container.receive_more();
        ASSERT_TRUE(found.has_value());
        EXPECT_TRUE(same_bytes(frame, found->frame));
        EXPECT_TRUE(found->for_host);
    }
}

TEST_F(TcPortWire, delivers_to_a_port_in_the_same_namespace) {
    const VethPair local = add_veth("local");
    const PacketSocket at_local(local.far);
    program().put("coax_fdb", fdb_key(kVni, kLocalMac),
                  fdb_entry(to_port(local.near, COAX_TARGET_PORT_EGRESS), COAX_FDB_STATIC));
    const Packet frame = frame_to(kLocalMac, Ipv4{.src = kPortIp} / Udp{});
    send(frame);
    const auto found = at_local.receive();
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(same_bytes(frame.bytes(), *found));
}

TEST_F(TcPortWire, carries_a_tag_in_front_of_ip) {
    for (const std::uint16_t tpid : {kTypeVlan, kTypeQinq})
        for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
            SCOPED_TRACE(f.suffix);
            const Packet frame = to_remote(Vlan{.tci = 0x6123, .tpid = tpid} / ip_to_remote(f) /
                                           Udp{} / Payload("tagged"));
            send(frame);
            expect_on_lane(frame);
        }
}

TEST_F(TcPortWire, carries_a_tag_in_front_of_anything) {
    const Packet arp = Arp{.sender = kPortMac, .sender_ip = kPortIp} / Payload(Bytes(18));
    for (const Packet &rest : {arp, Packet(Payload::pattern(100)), Packet(Payload::pattern(46))}) {
        const Packet frame = to_remote(Vlan{.tci = 7} / rest);
        send(frame);
        const auto found = at_handover_.receive();
        ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
        const Packet expected = Ethernet{.dst = kZeroMac, .src = kZeroMac} /
                                outer({.sport = outer_sport(*found)}, frame);
        EXPECT_TRUE(same_bytes(expected.bytes(), *found));
    }
}

// The kernel keeps the outermost tag beside the bytes, and moves the next one there when it is popped.
TEST_F(TcPortWire, carries_up_to_four_tags_on_an_unguarded_port) {
    set_port(kVni, 0);
    Packet rest = Vlan{.tci = 1} / Ipv4{.src = kPortIp} / Udp{} / Payload("tagged");
    for (std::uint16_t tags = 2; tags <= 4; ++tags) {
        SCOPED_TRACE(tags);
        rest = Vlan{.tci = tags, .tpid = kTypeQinq} / rest;
        send(to_remote(rest));
        const auto found = at_handover_.receive();
        ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
        const Packet expected = Ethernet{.dst = kZeroMac, .src = kZeroMac} /
                                outer({.sport = outer_sport(*found)}, to_remote(rest));
        EXPECT_TRUE(same_bytes(expected.bytes(), *found));
    }
    send(to_remote(Vlan{.tci = 5, .tpid = kTypeQinq} / rest));
    expect_drop(COAX_DROP_MALFORMED);
}

TEST_F(TcPortWire, guards_addresses_behind_a_tag) {
    send(to_remote(Vlan{} / Ipv4{.src = kForeignIp} / Udp{}));
    send(to_remote(Vlan{} / Ipv6{.src = kForeignIp6} / Udp{}));
    expect_drop(COAX_DROP_SPOOFED_IP, 2);
}

TEST_F(TcPortWire, guards_arp_behind_a_tag) {
    send(to_remote(Vlan{} / Arp{.sender = kPortMac, .sender_ip = kForeignIp}));
    expect_drop(COAX_DROP_SPOOFED_ARP);
}

TEST_F(TcPortWire, makes_room_for_the_tag_in_mss_and_mtu) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        SCOPED_TRACE(f.suffix);
        const auto headers = static_cast<std::size_t>(f.v6 ? 40 : 20);
        const auto mss = static_cast<std::uint16_t>(kMtu - 4 - headers - 20);
        send(to_remote(Vlan{} / ip_to_remote(f) / Tcp{.flags = kTcpSyn, .mss = 1460}));
        expect_on_lane(to_remote(Vlan{} / ip_to_remote(f) / Tcp{.flags = kTcpSyn, .mss = mss}));
        const Packet fits = to_remote(Vlan{} / ip_to_remote(f) / Tcp{} / Payload::pattern(mss));
        send(fits);
        expect_on_lane(fits);
    }
}

TEST_F(TcPortWire, sends_the_too_big_answer_back_with_its_tag) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}})
        for (const bool tagged : {false, true}) {
            SCOPED_TRACE(f.suffix);
            const std::uint32_t mtu = tagged ? kMtu - 4 : kMtu;
            const Packet rest =
                ip_to_remote(f) / Udp{} / Payload::pattern(mtu + 1 - (f.v6 ? 48 : 28));
            const Bytes original = rest.bytes();
            send(to_remote(tagged ? Vlan{.tci = 3} / rest : rest));
            const Payload quote(Bytes(original.begin(), original.begin() + (f.v6 ? 512 : 68)));
            const Packet answer = f.v6 ? Ipv6{.src = kRemoteIp6, .dst = kPortIp6} /
                                             Icmpv6{.type = 2, .rest = mtu} / quote
                                       : Ipv4{.src = kRemoteIp, .dst = kPortIp} /
                                             Icmp{.type = 3, .code = 4, .rest = mtu} / quote;
            const Ethernet back{.dst = kPortMac, .src = kRemoteMac};
            const auto found = from_port_.receive();
            ASSERT_TRUE(found.has_value());
            const Packet expected = tagged ? back / Vlan{.tci = 3} / answer : back / answer;
            EXPECT_TRUE(same_bytes(expected.bytes(), *found));
        }
    expect_drop(COAX_DROP_TOO_BIG, 4);
}

struct CutRow {
    std::string name;
    Packet frame;
    std::size_t header_bytes; // shorter: malformed
};
std::ostream &operator<<(std::ostream &out, const CutRow &row) {
    return out << row.name;
}

class TcPortWireCut : public TcPortWire, public testing::WithParamInterface<CutRow> {};

TEST_P(TcPortWireCut, is_malformed_at_every_length) {
    const Bytes whole = GetParam().frame.bytes();
    std::uint64_t sent = 0;
    for (std::size_t length = 14; length < GetParam().header_bytes; ++length, ++sent)
        from_port_.send(Bytes(whole.begin(), whole.begin() + static_cast<long>(length)));
    expect_drop(COAX_DROP_MALFORMED, sent);
}

INSTANTIATE_TEST_SUITE_P(
    Headers, TcPortWireCut,
    testing::Values(CutRow{"ipv4", to_remote(Ipv4{.src = kPortIp} / Udp{}), 14 + 20},
                    CutRow{"ipv6", to_remote(Ipv6{.src = kPortIp6} / Udp{}), 14 + 40},
                    CutRow{"arp", to_remote(Arp{.sender = kPortMac, .sender_ip = kPortIp}),
                           14 + 28}),
    RowName());

} // namespace
} // namespace coax::test
