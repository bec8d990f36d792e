// SPDX-License-Identifier: Apache-2.0
// tc_handover: what tc_port sends through the hand-over device goes to the lane, all else nowhere.
#include "bpf/program_test.h"
#include "bpf/world.h"
#include "tc_handover.skel.h"

namespace coax::test {
namespace {

constexpr std::uint32_t kShot = 2;
constexpr std::uint32_t kStolen = 4;
constexpr std::uint32_t kRedirect = 7;

const Packet kArp = Ethernet{.dst = kBroadcast, .src = kPortMac} /
                    Arp{.sender = kPortMac, .sender_ip = kPortIp} / Payload(Bytes(18));

Packet handed_over(const OuterFields &fields = {}) {
    return Ethernet{.dst = kZeroMac, .src = kZeroMac} / outer(fields, kArp);
}
Expect shot(coax_drop_reason reason) {
    return {.verdict = kShot, .drop = reason};
}

class TcHandover : public ProgramTest<tc_handover> {
  protected:
    TcHandover() : ProgramTest(COAX_HOOK_TC_HANDOVER, "tc_handover") {}

    void fill() override {
        program().put("coax_settings", 0U, world_settings());
        program().put("coax_nodes", Ip(kRemoteVtep).v4_be(), coax_node{.node_id = 2, .lanes = 2});
        program().put("coax_networks", kVni, world_network());
    }
};

TEST_F(TcHandover, sends_a_frame_on_as_it_is) {
    run_and_check({"", handed_over(), {.verdict = kRedirect}});
}

// A lane without a device is the only thing a test run shows of the lane chosen.
TEST_F(TcHandover, takes_the_lane_of_the_source_port) {
    program().put("coax_settings", 0U, world_settings({.first = 1001, .second = 0}));
    run_and_check({"", handed_over({.sport = COAX_SPORT_BASE + 4}), {.verdict = kRedirect}});
    run_and_check({"", handed_over({.sport = COAX_SPORT_BASE + 5}), shot(COAX_DROP_NO_LANE)});
    program().put("coax_nodes", Ip(kRemoteVtep).v4_be(), coax_node{.node_id = 2, .lanes = 1});
    run_and_check({"", handed_over({.sport = COAX_SPORT_BASE + 5}), {.verdict = kRedirect}});
}

/// Known nodes, and lanes of the second keys.
class TcHandoverPath : public TcHandover, public testing::WithParamInterface<PathRow> {
  protected:
    void fill() override {
        TcHandover::fill();
        program().put("coax_second", 0U, world_second());
        for (const PathRow &path : kPaths)
            program().put("coax_nodes", Ip(path.vtep).v4_be(), coax_node{.node_id = 2, .lanes = 2});
    }
    static Packet frame(std::uint16_t flow = 0) {
        const PathRow &path = GetParam();
        return handed_over({.src = path.src,
                            .dst = path.dst,
                            .sport = static_cast<std::uint16_t>(COAX_SPORT_BASE + flow)});
    }
};

TEST_P(TcHandoverPath, goes_to_the_lane_of_the_keys_that_its_source_says) {
    const bool second = GetParam().from_second();
    run_and_check({"", frame(), {.verdict = kRedirect}});
    program().put("coax_settings", 0U, world_settings({.first = 0, .second = 1002}));
    run_and_check({"", frame(), second ? Expect{.verdict = kRedirect} : shot(COAX_DROP_NO_LANE)});
    run_and_check({"", frame(1), {.verdict = kRedirect}});
    program().put("coax_settings", 0U, world_settings());
    program().put("coax_second", 0U, world_second({.first = 0, .second = 1012}));
    run_and_check({"", frame(), second ? shot(COAX_DROP_NO_LANE) : Expect{.verdict = kRedirect}});
    run_and_check({"", frame(1), {.verdict = kRedirect}});
}

TEST_P(TcHandoverPath, knows_no_second_address_without_second_keys) {
    program().put("coax_second", 0U, coax_second{});
    const bool first = GetParam().flags == 0;
    run_and_check(
        {"", frame(), first ? Expect{.verdict = kRedirect} : shot(COAX_DROP_HANDOVER_UNEXPECTED)});
}

INSTANTIATE_TEST_SUITE_P(Paths, TcHandoverPath, testing::ValuesIn(kPaths), RowName());

TEST_F(TcHandover, drops_while_there_are_no_settings) {
    program().put("coax_settings", 0U, coax_settings{});
    run_and_check({"", handed_over(), shot(COAX_DROP_NO_SETTINGS)});
}

TEST_F(TcHandover, drops_floods_of_a_network_that_is_not_configured) {
    run_and_check({"", handed_over({.dst = "0.0.0.0", .vni = 300}), shot(COAX_DROP_NO_NETWORK)});
}

std::vector<Row> unexpected_rows() {
    const Expect unexpected = shot(COAX_DROP_HANDOVER_UNEXPECTED);
    const Packet rest = Vxlan{.vni = kVni} / kArp;
    return {
        {"from_another_address", handed_over({.src = kThirdVtep}), unexpected},
        {"from_the_second_address_of_another", handed_over({.src = kThirdSecond}), unexpected},
        {"to_the_second_address_of_an_unknown_node", handed_over({.dst = "100.96.0.99"}),
         unexpected},
        {"to_an_unknown_node", handed_over({.dst = "100.64.0.99"}), unexpected},
        {"another_ethertype", Ethernet{.type = kTypeIpv6} / outer({}, kArp), unexpected},
        {"ipv6", Ethernet{} / Ipv6{} / Udp{.dport = kVxlanPort} / rest, unexpected},
        {"another_port",
         Ethernet{} / Ipv4{.src = kSelfVtep, .dst = kRemoteVtep} / Udp{.dport = 53} / rest,
         unexpected},
        {"tcp",
         Ethernet{} / Ipv4{.src = kSelfVtep, .dst = kRemoteVtep} / Tcp{.dport = kVxlanPort} / rest,
         unexpected},
        {"too_short",
         Ethernet{} / Ipv4{.src = kSelfVtep, .dst = kRemoteVtep} / Udp{.dport = kVxlanPort},
         unexpected},
        {"neighbor_discovery_of_the_host",
         Ethernet{} / Ipv6{.dst = "ff02::2"} / Icmpv6{.type = 133, .rest = 0}, unexpected},
    };
}

class TcHandoverUnexpected : public TcHandover, public testing::WithParamInterface<Row> {};
TEST_P(TcHandoverUnexpected, is_dropped) {
    run_and_check(GetParam());
}
TEST_P(TcHandoverUnexpected, is_dropped_beside_second_keys_too) {
    program().put("coax_second", 0U, world_second());
    run_and_check(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Packets, TcHandoverUnexpected, testing::ValuesIn(unexpected_rows()),
                         RowName());

class TcHandoverFlood : public TcHandover {
  protected:
    void fill() override {
        TcHandover::fill();
        program().put("coax_settings", 0U,
                      world_settings({.first = lane_.near, .second = lane_.near}));
        coax_network network = world_network();
        network.local_targets = 1;
        network.remote_targets = 2;
        program().put("coax_networks", kVni, network);
        const auto put = [&](std::uint32_t index, const coax_target &target) {
            program().put("coax_flood", coax_flood_key{.vni = kVni, .index = index}, target);
        };
        put(0, to_port(port_.near));
        put(COAX_FLOOD_REMOTE_FIRST, to_node(kRemoteVtep));
        put(COAX_FLOOD_REMOTE_FIRST + 1, to_node(kThirdVtep));
    }

    VethPair lane_ = add_veth("lane");
    VethPair second_ = add_veth("second");
    VethPair port_ = add_veth("port");
    PacketSocket at_lane_{lane_.far};
    PacketSocket at_second_{second_.far};
    PacketSocket at_port_{port_.far};
};

// Whichever of our addresses the frame came with: a path may change while it waits.
TEST_F(TcHandoverFlood, copies_take_the_path_of_their_node) {
    program().put("coax_second", 0U, world_second({.first = second_.near, .second = second_.near}));
    coax_network network = world_network();
    network.remote_targets = 0;
    for (const PathRow &path : kPaths) {
        const std::uint32_t index = COAX_FLOOD_REMOTE_FIRST + network.remote_targets++;
        program().put("coax_flood", coax_flood_key{.vni = kVni, .index = index},
                      to_node(path.vtep));
        program().put("coax_paths", Ip(path.vtep).v4_be(), coax_path{.flags = path.flags});
    }
    program().put("coax_networks", kVni, network);
    for (const char *source : {kSelfVtep, kSelfSecond}) {
        SCOPED_TRACE(source);
        const RunResult result =
            program().run(handed_over({.src = source, .dst = "0.0.0.0"}).bytes());
        check(result, {}, {.verdict = kStolen, .counters = {{COAX_COUNTER_FLOOD_COPIES, 4}}});
        for (const PathRow &path : kPaths) {
            SCOPED_TRACE(path.name);
            const auto copy = (path.from_second() ? at_second_ : at_lane_).receive();
            ASSERT_TRUE(copy.has_value());
            EXPECT_TRUE(same_bytes(handed_over({.src = path.src, .dst = path.dst}).bytes(), *copy));
        }
    }
}

TEST_F(TcHandoverFlood, copies_to_every_node_and_to_no_port) {
    const RunResult result = program().run(handed_over({.dst = "0.0.0.0"}).bytes());
    check(result, {}, {.verdict = kStolen, .counters = {{COAX_COUNTER_FLOOD_COPIES, 2}}});
    for (const char *vtep : {kRemoteVtep, kThirdVtep}) {
        const auto copy = at_lane_.receive();
        ASSERT_TRUE(copy.has_value());
        EXPECT_TRUE(same_bytes(handed_over({.dst = vtep}).bytes(), *copy));
    }
    const Bytes marker = kArp.bytes();
    PacketSocket(port_.near).send(marker);
    const auto first = at_port_.receive();
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(same_bytes(marker, *first)) << "a local port got a copy";
}

} // namespace
} // namespace coax::test
