// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/lane_config.h"

#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using test::example_state;
using test::key;
using test::prefix;
using test::socket_address;

constexpr LaneId kLane0{KeySet::kFirst, 0};

TEST(LaneConfig, peer_may_use_its_vtep_and_nothing_else) {
    const WgDeviceConfig config = lane_config_for(example_state(), kLane0, key(1), false);
    EXPECT_EQ(config.public_key, key(1));
    EXPECT_EQ(config.listen_port, UdpPort(51820));
    ASSERT_EQ(config.peers.size(), 2U);
    EXPECT_EQ(config.peers.at(key(2)).allowed_ips, std::vector<IpPrefix>{prefix("100.64.0.2/32")});
}

TEST(LaneConfig, every_lane_has_its_own_port_on_both_sides) {
    DesiredState state = example_state();
    state.peers.at(NodeId(2)).keys = {key(2), key(12)};
    const WgDeviceConfig config = lane_config_for(state, {KeySet::kFirst, 1}, key(1), false);
    EXPECT_EQ(config.listen_port, UdpPort(51821));
    ASSERT_EQ(config.peers.size(), 1U) << "gamma has one lane only";
    EXPECT_EQ(config.peers.at(key(12)).endpoint, socket_address("192.0.2.2:51821"));
}

TEST(LaneConfig, peer_without_endpoint_waits_to_be_called) {
    DesiredState state = example_state();
    state.peers.at(NodeId(2)).endpoint.reset();
    state.peers.at(NodeId(2)).keepalive = std::chrono::seconds(25);
    const WgPeerConfig peer = lane_config_for(state, kLane0, key(1), false).peers.at(key(2));
    EXPECT_FALSE(peer.endpoint);
    EXPECT_EQ(peer.keepalive, std::chrono::seconds(25));
}

TEST(LaneConfig, next_keys_of_a_peer_have_its_other_address_and_port) {
    DesiredState state = example_state();
    state.peers.at(NodeId(2)).next_keys = {key(12)};
    const WgDeviceConfig config = lane_config_for(state, kLane0, key(1), false);
    ASSERT_EQ(config.peers.size(), 3U);
    const WgPeerConfig &now = config.peers.at(key(2));
    const WgPeerConfig &next = config.peers.at(key(12));
    EXPECT_EQ(now.allowed_ips, std::vector<IpPrefix>{prefix("100.64.0.2/32")});
    EXPECT_EQ(next.allowed_ips, std::vector<IpPrefix>{prefix("100.96.0.2/32")});
    EXPECT_EQ(next.endpoint, socket_address("192.0.2.2:51828"));
    EXPECT_GT(next.keepalive.count(), 0) << "WireGuard itself is to make the session";
    EXPECT_EQ(config.peers.at(key(3)).keepalive.count(), 0) << "gamma changes nothing";
}

TEST(LaneConfig, a_peer_with_second_keys_only) {
    DesiredState state = example_state();
    state.peers.at(NodeId(2)).key_set = KeySet::kSecond;
    const WgPeerConfig peer = lane_config_for(state, kLane0, key(1), false).peers.at(key(2));
    EXPECT_EQ(peer.allowed_ips, std::vector<IpPrefix>{prefix("100.96.0.2/32")});
    EXPECT_EQ(peer.endpoint, socket_address("192.0.2.2:51828"));
}

TEST(LaneConfig, next_keys_of_this_node_listen_elsewhere_and_know_the_same_peers) {
    const LaneId next{KeySet::kSecond, 0};
    const WgDeviceConfig config = lane_config_for(example_state(), next, key(9), true);
    EXPECT_EQ(config.listen_port, UdpPort(51828));
    ASSERT_EQ(config.peers.size(), 2U);
    EXPECT_EQ(config.peers.at(key(2)).allowed_ips, std::vector<IpPrefix>{prefix("100.64.0.2/32")});
    EXPECT_GT(config.peers.at(key(2)).keepalive.count(), 0);
}

TEST(LaneConfig, slots_name_every_lane_once) {
    for (std::uint32_t slot = 0; slot < 2 * COAX_LANES_MAX; ++slot)
        EXPECT_EQ(LaneId::of_slot(slot).slot(), slot);
    EXPECT_EQ((LaneId{KeySet::kSecond, 3}.slot()), 11U);
}

TEST(LaneConfig, previous_knows_only_peers_that_were_configured_before) {
    const WgDeviceConfig desired = lane_config_for(example_state(), kLane0, key(1), false);
    const WgDeviceConfig previous =
        with_endpoints(desired, {{key(2), socket_address("192.0.2.77:1")}});
    ASSERT_EQ(previous.peers.size(), 1U);
    EXPECT_EQ(previous.peers.at(key(2)).endpoint, socket_address("192.0.2.77:1"));
    EXPECT_EQ(endpoints_of(desired).size(), 2U);
}

} // namespace
} // namespace coax
