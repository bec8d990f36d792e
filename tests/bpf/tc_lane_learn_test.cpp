// SPDX-License-Identifier: Apache-2.0
// tc_lane: learning source MACs, and flooded frames to the local ports.
#include <cstring>
#include <ctime>

#include "bpf/tc_lane_test.h"

namespace coax::test {
namespace {

const Mac kNewMac = mac(0x55);

std::uint64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(now.tv_nsec);
}

class TcLaneLearn : public TcLaneTest {
  protected:
    /// A frame of `source` from a node, delivered, with this event (COUNT: none).
    void deliver(const char *vtep, coax_counter event = COAX_COUNTERS_COUNT,
                 const Mac &source = kNewMac, std::uint32_t vni = kVni) const {
        const Packet frame = inner(Payload::pattern(46), kPortMac, source);
        Expect expect = delivered(frame);
        if (event != COAX_COUNTERS_COUNT)
            expect.counters[event] = 1;
        run_and_check({"", from_node(frame, {.src = vtep, .dst = kSelfVtep, .vni = vni}), expect});
    }
    [[nodiscard]] std::optional<coax_fdb_entry> entry(const Mac &address = kNewMac,
                                                      std::uint32_t vni = kVni) const {
        return program().get<coax_fdb_entry>("coax_fdb", fdb_key(vni, address));
    }
    [[nodiscard]] std::uint32_t learned(std::uint32_t vni = kVni) const {
        return program().get<std::uint32_t>("coax_net_learned", vni).value_or(9999);
    }
    static void expect_at(const std::optional<coax_fdb_entry> &found, const char *vtep,
                          std::uint8_t lanes) {
        ASSERT_TRUE(found.has_value());
        const coax_target expected = to_node(vtep, lanes);
        EXPECT_EQ(std::memcmp(&found->target, &expected, sizeof(expected)), 0);
        EXPECT_EQ(found->flags, 0U);
    }
};

TEST_F(TcLaneLearn, learns_a_new_mac_once) {
    set_member(kRemoteVtep, kVni, 4);
    const std::uint64_t before = monotonic_ns();
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED);
    expect_at(entry(), kRemoteVtep, 4);
    EXPECT_GE(entry()->seen_ns, before);
    EXPECT_LE(entry()->seen_ns, monotonic_ns());
    EXPECT_EQ(learned(), 1U);
    deliver(kRemoteVtep);
    EXPECT_EQ(learned(), 1U);
}

TEST_F(TcLaneLearn, learns_per_network) {
    set_network(kQuietVni, world_network());
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED);
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED, kNewMac, kQuietVni);
    EXPECT_EQ(learned(), 1U);
    EXPECT_EQ(learned(kQuietVni), 1U);
}

TEST_F(TcLaneLearn, moves_a_learned_mac) {
    set_member(kThirdVtep, kVni, 3);
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED);
    deliver(kThirdVtep, COAX_COUNTER_FDB_MOVED);
    expect_at(entry(), kThirdVtep, 3);
    EXPECT_EQ(learned(), 1U);
}

TEST_F(TcLaneLearn, refreshes_an_old_entry_but_not_every_frame) {
    coax_fdb_entry old = fdb_entry(to_node(kRemoteVtep), 0);
    old.seen_ns = 1;
    program().put("coax_fdb", fdb_key(kVni, kNewMac), old);
    const std::uint64_t before = monotonic_ns();
    deliver(kRemoteVtep);
    EXPECT_GE(entry()->seen_ns, before);

    coax_fdb_entry fresh = old;
    fresh.seen_ns = monotonic_ns();
    program().put("coax_fdb", fdb_key(kVni, kNewMac), fresh);
    deliver(kRemoteVtep);
    const std::uint64_t seen_ns = entry()->seen_ns;
    if (monotonic_ns() - fresh.seen_ns < 1'000'000'000U) { // else it was no longer fresh
        EXPECT_EQ(seen_ns, fresh.seen_ns);
    }
}

TEST_F(TcLaneLearn, does_not_touch_a_static_entry) {
    const auto before = entry(kRemoteMac);
    deliver(kRemoteVtep, COAX_COUNTERS_COUNT, kRemoteMac);
    const auto after = entry(kRemoteMac);
    ASSERT_TRUE(before && after);
    EXPECT_EQ(std::memcmp(&*before, &*after, sizeof(*after)), 0);
}

TEST_F(TcLaneLearn, does_not_learn_where_learning_is_off) {
    deliver(kRemoteVtep, COAX_COUNTERS_COUNT, kNewMac, kQuietVni);
    EXPECT_FALSE(entry(kNewMac, kQuietVni).has_value());
}

TEST_F(TcLaneLearn, stops_at_the_limit_of_the_network) {
    coax_network network = world_network();
    network.learn_limit = 2;
    set_network(kVni, network);
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED, mac(0x60));
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED, mac(0x61));
    deliver(kRemoteVtep, COAX_COUNTER_FDB_NOT_LEARNED, mac(0x62));
    EXPECT_FALSE(entry(mac(0x62)).has_value());
    EXPECT_EQ(learned(), 2U);
    deliver(kThirdVtep, COAX_COUNTER_FDB_MOVED, mac(0x60)); // what is known may still move
}

TEST_F(TcLaneLearn, does_not_learn_without_a_count) {
    program().remove("coax_net_learned", kVni);
    deliver(kRemoteVtep, COAX_COUNTER_FDB_NOT_LEARNED);
    EXPECT_FALSE(entry().has_value());
}

TEST_F(TcLaneLearn, learns_nothing_from_what_it_drops) {
    const Packet frame = inner(Payload::pattern(46), kPortMac, kNewMac);
    run_and_check({"", from_node(frame, {.src = "100.64.0.99", .dst = kSelfVtep}),
                   lane_drop(COAX_DROP_UNKNOWN_VTEP)});
    run_and_check({"", from_node(frame, {.src = kThirdVtep, .dst = kSelfVtep, .vni = kQuietVni}),
                   lane_drop(COAX_DROP_VNI_NOT_ALLOWED)});
    EXPECT_FALSE(entry().has_value());
    EXPECT_FALSE(entry(kNewMac, kQuietVni).has_value());
}

class TcLaneFullTable : public TcLaneLearn {
  protected:
    [[nodiscard]] std::string_view configuration() const override { return "full table"; }
    void configure(tc_lane &skeleton) override {
        TcLaneLearn::configure(skeleton);
        // Two networks with two static entries each; a hash map may hold a few more than it says
        // only where it is preallocated per CPU, which this one is not.
        bpf_map__set_max_entries(skeleton.maps.coax_fdb, 5);
    }
};

TEST_F(TcLaneFullTable, delivers_but_does_not_learn) {
    deliver(kRemoteVtep, COAX_COUNTER_FDB_LEARNED, mac(0x60));
    deliver(kRemoteVtep, COAX_COUNTER_FDB_NOT_LEARNED, mac(0x61));
    EXPECT_FALSE(entry(mac(0x61)).has_value());
    EXPECT_EQ(learned(), 1U);
}

class TcLaneFlood : public TcLaneTest {
  protected:
    void fill() override {
        TcLaneTest::fill();
        coax_network network = world_network();
        network.local_targets = 2;
        network.remote_targets = 1;
        set_network(kVni, network);
        set_network(kQuietVni, world_network(0));
        const auto put = [&](std::uint32_t index, const coax_target &target) {
            program().put("coax_flood", coax_flood_key{.vni = kVni, .index = index}, target);
        };
        put(0, to_port(first_.near));
        put(1, to_port(second_.near));
        put(COAX_FLOOD_REMOTE_FIRST, to_node(kThirdVtep));
    }
    static void expect_only(const PacketSocket &socket, const VethPair &pair,
                            const std::vector<Bytes> &frames) {
        const Bytes marker = (Ethernet{} / Payload("marker") / Payload(Bytes(40))).bytes();
        PacketSocket(pair.near).send(marker);
        for (const Bytes &frame : frames) {
            const auto found = socket.receive();
            ASSERT_TRUE(found.has_value());
            EXPECT_TRUE(same_bytes(frame, *found));
        }
        const auto last = socket.receive();
        ASSERT_TRUE(last.has_value());
        EXPECT_TRUE(same_bytes(marker, *last));
    }

    VethPair first_ = add_veth("first");
    VethPair second_ = add_veth("second");
    VethPair other_ = add_veth("other"); // of another network
    PacketSocket at_first_{first_.far};
    PacketSocket at_second_{second_.far};
    PacketSocket at_other_{other_.far};
};

TEST_F(TcLaneFlood, copies_group_frames_to_local_ports_only) {
    const std::vector<Packet> frames = {
        inner(Ipv4{.src = kRemoteIp, .dst = "192.0.2.255"} / Udp{}, kBroadcast),
        inner(Ipv6{.src = kRemoteIp6, .dst = "ff02::1"} / Icmpv6{}, {0x33, 0x33, 0, 0, 0, 1}),
        inner(Arp{.sender = kRemoteMac, .sender_ip = kRemoteIp} / Payload(Bytes(18)), kBroadcast),
        inner(Payload::pattern(60), kBroadcast),
    };
    std::vector<Bytes> bytes;
    for (const Packet &frame : frames) {
        Expect expect = delivered(frame);
        expect.verdict = kStolen;
        run_and_check({"", from_node(frame), expect});
        bytes.push_back(frame.bytes());
    }
    expect_only(at_first_, first_, bytes);
    expect_only(at_second_, second_, bytes);
    expect_only(at_other_, other_, {});
}

TEST_F(TcLaneFlood, copies_nothing_of_a_sender_that_may_not) {
    const Packet frame = inner(Payload::pattern(46), kBroadcast);
    run_and_check({"", from_node(frame, {.src = "100.64.0.99", .dst = kSelfVtep}),
                   lane_drop(COAX_DROP_UNKNOWN_VTEP)});
    expect_only(at_first_, first_, {});
}

} // namespace
} // namespace coax::test
