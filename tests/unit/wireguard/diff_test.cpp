// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "lib/wireguard/wireguard.h"
#include "unit/wireguard/builders.h"

namespace coax {
namespace {

using test::endpoint;
using test::key_of;
using test::peer;
using test::prefix;

const PublicKey kOwn = key_of(1);
const PublicKey kPeer = key_of(2);
const UdpPort kPort(51820);

WgDeviceConfig config_with(const std::optional<WgPeerConfig> &one) {
    WgDeviceConfig config{kOwn, kPort, {}};
    if (one)
        config.peers[kPeer] = *one;
    return config;
}

WgDevice device_with(const std::optional<WgPeerConfig> &one, bool had_handshake) {
    WgDevice device{kOwn, kPort, {}};
    if (!one)
        return device;
    WgPeerStatus status{*one, std::nullopt, 0, 0};
    if (had_handshake)
        status.last_handshake = std::chrono::system_clock::time_point(std::chrono::seconds(1));
    device.peers[kPeer] = status;
    return device;
}

enum class Previous { kUnknown, kKnown };

struct Row {
    const char *name;
    std::optional<WgPeerConfig> actual;
    bool had_handshake;
    std::optional<WgPeerConfig> desired;
    Previous previous_is;
    std::optional<WgPeerConfig> previous;
    std::optional<WgPeerChange> expected; // absent: the peer is not set
    bool expect_removed;
};

void PrintTo(const Row &row, std::ostream *out) {
    *out << row.name;
}

WgPeerChange adding(const WgPeerConfig &config) {
    WgPeerChange change{true, config.endpoint, config.allowed_ips, std::nullopt};
    if (config.keepalive.count() != 0)
        change.keepalive = config.keepalive;
    return change;
}

WgPeerChange endpoint_only(const std::string &text) {
    return {false, endpoint(text), std::nullopt, std::nullopt};
}

const WgPeerConfig kV4 = peer("192.0.2.1:51820", {"100.64.0.2/32"});
const WgPeerConfig kV4Moved = peer("192.0.2.9:51820", {"100.64.0.2/32"});
const WgPeerConfig kV4NoEndpoint = peer("", {"100.64.0.2/32"});
const WgPeerConfig kV6 = peer("[2001:db8::1]:51820", {"100.64.0.2/32"}, 25);
const WgPeerConfig kRoamed = peer("203.0.113.7:4242", {"100.64.0.2/32"});

const Row kRows[] = {
    {"equal_is_empty", kV4, true, kV4, Previous::kKnown, kV4, {}, false},
    {"equal_is_empty_v6", kV6, true, kV6, Previous::kKnown, kV6, {}, false},
    {"equal_is_empty_without_memory", kV4, false, kV4, Previous::kUnknown, {}, {}, false},
    {"new_peer_is_added", {}, false, kV4, Previous::kKnown, {}, adding(kV4), false},
    {"new_peer_is_added_v6", {}, false, kV6, Previous::kKnown, {}, adding(kV6), false},
    {"peer_removed_by_hand_comes_back", {}, false, kV4, Previous::kKnown, kV4, adding(kV4), false},
    {"unwanted_peer_goes", kV4, true, {}, Previous::kKnown, kV4, {}, true},
    {"unknown_peer_goes", kV4, true, {}, Previous::kUnknown, {}, {}, true},
    {"roamed_endpoint_is_kept", kRoamed, true, kV4, Previous::kKnown, kV4, {}, false},
    {"roamed_endpoint_is_kept_after_restart",
     kRoamed,
     true,
     kV4,
     Previous::kUnknown,
     {},
     {},
     false},
    {"wrong_endpoint_that_never_worked_is_set_after_restart",
     kRoamed,
     false,
     kV4,
     Previous::kUnknown,
     {},
     endpoint_only("192.0.2.1:51820"),
     false},
    {"changed_endpoint_is_set", kV4, true, kV4Moved, Previous::kKnown, kV4,
     endpoint_only("192.0.2.9:51820"), false},
    {"changed_endpoint_is_set_over_a_roamed_one", kRoamed, true, kV4Moved, Previous::kKnown, kV4,
     endpoint_only("192.0.2.9:51820"), false},
    {"changed_endpoint_that_is_already_there_is_not_set",
     kV4Moved,
     true,
     kV4Moved,
     Previous::kKnown,
     kV4,
     {},
     false},
    {"endpoint_lost_is_set_again", kV4NoEndpoint, true, kV4, Previous::kKnown, kV4,
     endpoint_only("192.0.2.1:51820"), false},
    {"endpoint_taken_out_of_the_configuration_stays",
     kV4,
     true,
     kV4NoEndpoint,
     Previous::kKnown,
     kV4,
     {},
     false},
    {"keepalive_on", kV4, true, peer("192.0.2.1:51820", {"100.64.0.2/32"}, 25), Previous::kKnown,
     kV4, WgPeerChange{false, {}, {}, std::chrono::seconds(25)}, false},
    {"keepalive_off", peer("192.0.2.1:51820", {"100.64.0.2/32"}, 25), true, kV4, Previous::kKnown,
     kV4, WgPeerChange{false, {}, {}, std::chrono::seconds(0)}, false},
    {"allowed_ips_changed", kV4, true, peer("192.0.2.1:51820", {"100.64.0.3/32"}), Previous::kKnown,
     kV4, WgPeerChange{false, {}, {{prefix("100.64.0.3/32")}}, {}}, false},
    {"allowed_ips_added_by_hand_go", peer("192.0.2.1:51820", {"10.0.0.0/8", "100.64.0.2/32"}), true,
     kV4, Previous::kKnown, kV4, WgPeerChange{false, {}, {{prefix("100.64.0.2/32")}}, {}}, false},
    {"allowed_ips_emptied", kV4, true, peer("192.0.2.1:51820", {}), Previous::kKnown, kV4,
     WgPeerChange{false, {}, {std::vector<IpPrefix>{}}, {}}, false},
    {"order_and_host_bits_of_allowed_ips_do_not_matter",
     peer("", {"10.0.0.0/8", "100.64.0.2/32"}),
     true,
     peer("", {"100.64.0.2/32", "10.1.2.3/8", "10.0.0.0/8"}),
     Previous::kKnown,
     {},
     {},
     false},
};

class DiffTable : public testing::TestWithParam<Row> {};

TEST_P(DiffTable, gives_the_smallest_change) {
    const Row &row = GetParam();
    const WgDeviceConfig previous = config_with(row.previous);
    const WgDelta delta = diff(device_with(row.actual, row.had_handshake), config_with(row.desired),
                               row.previous_is == Previous::kKnown ? &previous : nullptr);
    EXPECT_FALSE(delta.set_private_key);
    EXPECT_FALSE(delta.set_listen_port);
    ASSERT_EQ(delta.set_peers.contains(kPeer), row.expected.has_value());
    if (row.expected) {
        EXPECT_TRUE(delta.set_peers.at(kPeer) == *row.expected);
    }
    EXPECT_EQ(delta.remove_peers.size(), row.expect_removed ? 1U : 0U);
    EXPECT_EQ(delta.empty(), !row.expected && !row.expect_removed);
}

INSTANTIATE_TEST_SUITE_P(Diff, DiffTable, testing::ValuesIn(kRows),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Diff, sets_key_and_port_of_a_new_device) {
    const WgDelta delta = diff({}, config_with({}), nullptr);
    EXPECT_TRUE(delta.set_private_key);
    EXPECT_EQ(delta.set_listen_port, kPort);
    EXPECT_TRUE(delta.set_peers.empty());
}

TEST(Diff, sets_only_the_port_that_changed) {
    WgDeviceConfig desired = config_with(kV4);
    desired.listen_port = UdpPort(4000);
    const WgDelta delta = diff(device_with(kV4, true), desired, nullptr);
    EXPECT_FALSE(delta.set_private_key);
    EXPECT_EQ(delta.set_listen_port, UdpPort(4000));
    EXPECT_TRUE(delta.set_peers.empty());
}

TEST(Diff, clears_a_preshared_key_that_somebody_set) {
    WgDevice actual = device_with(kV4, true);
    actual.peers[kPeer].has_preshared_key = true;
    const WgDeviceConfig desired = config_with(kV4);
    WgPeerChange expected;
    expected.clear_preshared_key = true;
    const WgDelta delta = diff(actual, desired, &desired);
    ASSERT_TRUE(delta.set_peers.contains(kPeer));
    EXPECT_TRUE(delta.set_peers.at(kPeer) == expected);
}

TEST(Diff, touches_only_the_peer_that_changed) {
    WgDevice actual = device_with(kV4, true);
    WgDeviceConfig desired = config_with(kV4);
    for (std::uint8_t i = 10; i < 20; ++i)
        actual.peers[key_of(i)].config = desired.peers[key_of(i)] =
            peer("192.0.2.1:1", {"100.64.1." + std::to_string(i) + "/32"});
    desired.peers[key_of(15)].keepalive = std::chrono::seconds(5);
    const WgDelta delta = diff(actual, desired, nullptr);
    EXPECT_EQ(delta.set_peers.size(), 1U);
    EXPECT_TRUE(delta.set_peers.contains(key_of(15)));
    EXPECT_TRUE(delta.remove_peers.empty());
}

} // namespace
} // namespace coax
