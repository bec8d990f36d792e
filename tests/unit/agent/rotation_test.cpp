// SPDX-License-Identifier: Apache-2.0
// A change of lane keys over fakes of the kernel.
#include "agent/control/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/peers/paths.h"
#include "harness/fake_tunnel_sender.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::key;
using testing::HasSubstr;

class RotationTest : public testing::Test {
  protected:
    RotationTest() { EXPECT_TRUE(world_.run().ok()); }

    void have_session(const std::string &device, const PublicKey &peer) {
        world_.wireguard.at(device).peers.at(peer).last_handshake = world_.clock.system_now();
    }
    Path path_to(std::uint32_t id) { return world_.agent->path_to(world_.state, NodeId(id)); }
    bool has(const std::string &device) { return world_.host.peek(device) != nullptr; }
    NodeContact &contact(std::uint32_t id) {
        return world_.datapath.contact_values[world_.state.vtep_of(NodeId(id)).v4_be()];
    }
    /// Both peers are heard, and say that they send to the second keys.
    void peers_report() {
        for (const std::uint32_t id : {2U, 3U}) {
            contact(id).last_rx_ns = world_.now_ns();
            contact(id).path_asked_ns = world_.now_ns();
            contact(id).path = COAX_PATH_TO_SECOND;
        }
    }
    void tick(seconds time = seconds(1)) {
        for (const auto end = world_.clock.monotonic_now() + time;
             world_.clock.monotonic_now() < end;) {
            world_.clock.advance(milliseconds(500));
            prober_.tick(world_.state, world_.agent->tunnels());
            rotation_.tick(world_.state, nullptr);
        }
    }

    test::World world_;
    test::FakeTunnelSender sender_;
    Log log_ = Log::to_sink(LogLevel::kDebug, [](LogLevel, std::string_view) {});
    Prober prober_{{world_.datapath, sender_, world_.clock, log_, 1}};
    int changes_ = 0;
    Rotation rotation_{
        {*world_.keys, prober_, *world_.agent, world_.clock, log_, [this] { ++changes_; }}};
};

TEST_F(RotationTest, does_not_begin_where_nobody_would_learn_the_keys) {
    const Status begun = rotation_.begin(world_.state, nullptr);
    ASSERT_FALSE(begun.ok());
    EXPECT_THAT(begun.error().message(), HasSubstr("follows no controller"));
    EXPECT_FALSE(world_.keys->changing());
    world_.clock.advance(std::chrono::days(400));
    tick();
    EXPECT_FALSE(world_.keys->changing()) << "nor by its age";
}

TEST_F(RotationTest, both_sets_work_side_by_side) {
    const DatapathTables before = world_.datapath.tables;
    ASSERT_TRUE(world_.keys->begin_change().ok());
    ASSERT_TRUE(world_.run().ok());
    ASSERT_TRUE(has("n1-wg0") && has("n1-wg8"));
    EXPECT_TRUE(world_.agent->next_keys_ready());
    EXPECT_TRUE(world_.datapath.attached_lanes.contains(world_.host.peek("n1-wg8")->index));
    EXPECT_EQ(world_.wireguard.at("n1-wg8").listen_port, UdpPort(51828));
    EXPECT_EQ(world_.wireguard.at("n1-wg8").peers.size(), 2U);
    EXPECT_EQ(world_.datapath.tables.second.lane_ifindex[0],
              world_.host.peek("n1-wg8")->index.value());
    EXPECT_EQ(world_.datapath.tables.settings.lane_ifindex[0], before.settings.lane_ifindex[0]);
    EXPECT_EQ(world_.datapath.tables.paths.size(), 0U);
    world_.expect_complete();
    ASSERT_TRUE(world_.run().ok());
    EXPECT_EQ(world_.changes(), 0U);
}

TEST_F(RotationTest, next_keys_are_not_told_while_their_lane_is_missing) {
    ASSERT_TRUE(world_.keys->begin_change().ok());
    world_.wireguard.faults.fail_on("ensure_device n1-wg8",
                                    Error(ErrorCode::kSystem, "no more devices"));
    EXPECT_FALSE(world_.run().ok());
    EXPECT_FALSE(world_.agent->next_keys_ready());
    EXPECT_TRUE(has("n1-wg0"));
}

TEST_F(RotationTest, peers_move_one_by_one_and_an_agent_that_starts_finds_them_where_they_are) {
    ASSERT_TRUE(world_.keys->begin_change().ok());
    ASSERT_TRUE(world_.run().ok());
    have_session("n1-wg8", key(2));
    ASSERT_TRUE(world_.run().ok());
    EXPECT_EQ(path_to(2), (Path{KeySet::kSecond, KeySet::kFirst}));
    EXPECT_EQ(path_to(3), Path{});
    EXPECT_TRUE(world_.agent->settles_soon());
    world_.restart();
    ASSERT_TRUE(world_.run().ok());
    EXPECT_EQ(world_.changes(), 0U);
    EXPECT_EQ(path_to(2), (Path{KeySet::kSecond, KeySet::kFirst}));
}

TEST_F(RotationTest, old_keys_go_when_nothing_is_sent_with_them_in_either_direction) {
    ASSERT_TRUE(world_.keys->begin_change().ok());
    ASSERT_TRUE(world_.run().ok());
    contact(2).last_rx_ns = contact(3).last_rx_ns = world_.now_ns();
    for (const std::uint8_t peer : {2, 3})
        have_session("n1-wg8", key(peer));
    ASSERT_TRUE(world_.run().ok());
    tick(seconds(5));
    EXPECT_TRUE(world_.keys->changing()) << "the peers did not say that they send to the next";
    EXPECT_EQ(rotation_.waits().size(), 2U);
    peers_report();
    tick(seconds(2));
    EXPECT_TRUE(rotation_.waits().empty());
    EXPECT_TRUE(world_.keys->changing()) << "what is under way arrives";
    tick(KeyChange::kLinger);
    ASSERT_FALSE(world_.keys->changing());
    EXPECT_EQ(changes_, 1);
    ASSERT_TRUE(world_.run().ok());
    EXPECT_FALSE(has("n1-wg0"));
    EXPECT_TRUE(has("n1-wg8"));
    world_.expect_complete();
}

TEST_F(RotationTest, what_a_peer_said_before_the_change_does_not_count) {
    peers_report();
    world_.clock.advance(seconds(1));
    ASSERT_TRUE(world_.keys->begin_change().ok());
    ASSERT_TRUE(world_.run().ok());
    for (const std::uint8_t peer : {2, 3})
        have_session("n1-wg8", key(peer));
    ASSERT_TRUE(world_.run().ok());
    tick(seconds(8));
    EXPECT_TRUE(world_.keys->changing());
    EXPECT_EQ(rotation_.waits().size(), 2U);
}

} // namespace
} // namespace coax
