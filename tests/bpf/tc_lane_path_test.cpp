// SPDX-License-Identifier: Apache-2.0
// tc_lane and the two addresses of a node: whichever is in the outer header, the node is the same.
#include <cstring>

#include "bpf/tc_lane_test.h"

namespace coax::test {
namespace {

const Mac kNewMac = mac(0x55);

struct PairRow {
    const char *name;
    const char *src;
    const char *dst;
};
std::ostream &operator<<(std::ostream &out, const PairRow &row) {
    return out << row.name;
}
constexpr PairRow kPairs[] = {
    {"first_to_first", kRemoteVtep, kSelfVtep},
    {"first_to_second", kRemoteVtep, kSelfSecond},
    {"second_to_first", kRemoteSecond, kSelfVtep},
    {"second_to_second", kRemoteSecond, kSelfSecond},
};

class TcLanePath : public TcLaneTest {
  protected:
    void fill() override {
        TcLaneTest::fill();
        program().put("coax_second", 0U, world_second());
        program().put_zero_per_cpu<coax_node_stats>("coax_node_stats", remote_);
    }
    [[nodiscard]] std::uint64_t received() const {
        std::uint64_t packets = 0;
        for (const auto &cpu : program().get_per_cpu<coax_node_stats>("coax_node_stats", remote_))
            packets += cpu.rx_packets;
        return packets;
    }
    [[nodiscard]] std::optional<coax_fdb_entry> learned() const {
        return program().get<coax_fdb_entry>("coax_fdb", fdb_key(kVni, kNewMac));
    }
    static Packet frame() { return inner(Payload::pattern(46), kPortMac, kNewMac); }
    static Packet from(const char *src, const char *dst, std::uint32_t vni = kVni) {
        return from_node(frame(), {.src = src, .dst = dst, .vni = vni});
    }
    void expect_drop(const Packet &packet, coax_drop_reason reason) const {
        run_and_check({"", packet, lane_drop(reason)});
        EXPECT_FALSE(learned().has_value());
        EXPECT_EQ(received(), 0U);
    }
    std::uint32_t remote_ = Ip(kRemoteVtep).v4_be();
};

class TcLanePaths : public TcLanePath, public testing::WithParamInterface<PairRow> {};

TEST_P(TcLanePaths, are_those_of_one_node) {
    Expect expect = delivered(frame());
    expect.counters[COAX_COUNTER_FDB_LEARNED] = 1;
    run_and_check({"", from(GetParam().src, GetParam().dst), expect});
    ASSERT_TRUE(learned().has_value());
    const coax_target node = to_node(kRemoteVtep);
    EXPECT_EQ(std::memcmp(&learned()->target, &node, sizeof(node)), 0);
    EXPECT_EQ(received(), 1U);
}

TEST_P(TcLanePaths, move_no_mac) {
    Expect expect = delivered(frame());
    expect.counters[COAX_COUNTER_FDB_LEARNED] = 1;
    run_and_check({"", from(kRemoteVtep, kSelfVtep), expect});
    run_and_check({"", from(GetParam().src, GetParam().dst), delivered(frame())});
}

TEST_P(TcLanePaths, are_as_much_a_member_as_the_node) {
    program().remove("coax_members", coax_member_key{.vtep_be = remote_, .vni = kVni});
    expect_drop(from(GetParam().src, GetParam().dst), COAX_DROP_VNI_NOT_ALLOWED);
}

TEST_P(TcLanePaths, carry_static_macs) {
    const Packet carried = inner(Payload::pattern(46), kPortMac, kRemoteMac);
    run_and_check({"", from_node(carried, {.src = GetParam().src, .dst = GetParam().dst}),
                   delivered(carried)});
}

INSTANTIATE_TEST_SUITE_P(All, TcLanePaths, testing::ValuesIn(kPairs), RowName());

TEST_F(TcLanePath, drops_what_is_for_the_second_address_of_another) {
    expect_drop(from(kRemoteVtep, kThirdSecond), COAX_DROP_NOT_FOR_US);
}

TEST_F(TcLanePath, knows_no_second_address_without_second_keys) {
    coax_second second = world_second();
    second.vtep_bit_be = 0;
    program().put("coax_second", 0U, second);
    expect_drop(from(kRemoteVtep, kSelfSecond), COAX_DROP_NOT_FOR_US);
    expect_drop(from(kRemoteSecond, kSelfVtep), COAX_DROP_UNKNOWN_VTEP);
}

// One bit makes the second address, no other: strangers stay strangers.
TEST_F(TcLanePath, takes_nobody_else_for_a_node) {
    for (const char *stranger : {"100.96.0.99", "100.80.0.2", "100.112.0.2", "10.96.0.2",
                                 "10.64.0.2", "100.32.0.2", "100.160.0.2", kSelfSecond, "0.0.0.0"})
        expect_drop(from(stranger, kSelfVtep), COAX_DROP_UNKNOWN_VTEP);
    for (const char *other : {"100.80.0.1", "100.112.0.1", "10.96.0.1", "0.32.0.0"})
        expect_drop(from(kRemoteVtep, other), COAX_DROP_NOT_FOR_US);
}

} // namespace
} // namespace coax::test
