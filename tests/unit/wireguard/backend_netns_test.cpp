// SPDX-License-Identifier: Apache-2.0
// A backend against the real thing: kernel WireGuard where there is one, else wireguard-go.
//
//   [ namespace A ]                                   [ namespace B ]
//     device A 100.64.0.1 --- UDP over veth 192.0.2.0/24 or 2001:db8::/64 --- device B 100.64.0.2
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/poll_until.h"
#include "unit/wireguard/backend_fixture.h"

namespace coax {
namespace {

using test::endpoint;
using test::key_of;
using test::peer;
using test::poll_until;
using test::prefix;
using testing::AllOf;
using testing::HasSubstr;

class Backend : public test::BackendTest, public testing::WithParamInterface<const char *> {
  protected:
    Backend() : BackendTest(GetParam()) {}
};

TEST_P(Backend, makes_marks_and_removes_a_device) {
    const std::string name = device_name("a");
    const auto made = wireguard_->ensure_device(name, "coax wt lane 0");
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_TRUE(*made);
    const auto link = links_->find(name).value();
    ASSERT_TRUE(link.has_value());
    EXPECT_EQ(link->alias, "coax wt lane 0");
    const auto again = wireguard_->ensure_device(name, "coax wt lane 0");
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_FALSE(*again);
    EXPECT_EQ(wireguard_->read(name)->public_key, PublicKey{});
    ASSERT_TRUE(wireguard_->remove_device(name).ok());
    EXPECT_FALSE(links_->find(name)->has_value());
    EXPECT_TRUE(wireguard_->remove_device(name).ok());
    EXPECT_FALSE(wireguard_->read(name).ok());
}

TEST_P(Backend, says_what_it_is) {
    if (std::string(GetParam()) == "kernel")
        EXPECT_EQ(wireguard_->describe(), "kernel");
    else
        EXPECT_THAT(wireguard_->describe(), testing::MatchesRegex("wireguard-go [0-9.]+"));
    EXPECT_EQ(wireguard_->is_kernel(), std::string(GetParam()) == "kernel");
}

TEST_P(Backend, reaches_the_desired_state_and_then_has_nothing_to_do) {
    const std::string name = ensure("a");
    WgDeviceConfig desired{public_key_of(key_a_), UdpPort(41820), {}};
    desired.peers[key_of(2)] = peer("192.0.2.2:51820", {"100.64.0.2/32"}, 25);
    desired.peers[key_of(3)] = peer("[2001:db8::3]:51820", {"100.64.0.3/32", "2001:db8:3::/64"});
    desired.peers[key_of(4)] = peer("", {"100.64.0.4/32"});
    reconcile(name, desired, nullptr);
    const auto actual = wireguard_->read(name);
    ASSERT_TRUE(actual.ok()) << actual.error().message();
    EXPECT_EQ(actual->peers.at(key_of(2)).config, desired.peers.at(key_of(2)));
    EXPECT_EQ(actual->peers.at(key_of(3)).config, desired.peers.at(key_of(3)));
    EXPECT_EQ(actual->peers.at(key_of(4)).config, desired.peers.at(key_of(4)));
    EXPECT_FALSE(actual->peers.at(key_of(2)).last_handshake);
    EXPECT_TRUE(diff(*actual, desired, nullptr).empty());

    // Each change alone, and an allowed IP that moves from one peer to another.
    WgDeviceConfig changed = desired;
    changed.listen_port = UdpPort(41821);
    changed.peers[key_of(2)].endpoint = endpoint("192.0.2.9:51820");
    changed.peers[key_of(2)].keepalive = std::chrono::seconds(0);
    changed.peers[key_of(5)] = peer("192.0.2.5:51820", {"100.64.0.4/32"});
    changed.peers.erase(key_of(4));
    reconcile(name, changed, &desired);
    EXPECT_TRUE(diff(*wireguard_->read(name), changed, &changed).empty());
    EXPECT_EQ(wireguard_->read(name)->peers.size(), 3U);
}

TEST_P(Backend, brings_back_a_peer_that_was_removed_by_hand) {
    const std::string name = ensure("a");
    WgDeviceConfig desired{public_key_of(key_a_), UdpPort(41820), {}};
    desired.peers[key_of(2)] = peer("192.0.2.2:51820", {"100.64.0.2/32"});
    reconcile(name, desired, nullptr);
    WgDelta by_hand;
    by_hand.remove_peers.push_back(key_of(2));
    ASSERT_TRUE(wireguard_->apply(name, by_hand, key_a_).ok());
    EXPECT_TRUE(wireguard_->read(name)->peers.empty());
    reconcile(name, desired, &desired);
    EXPECT_TRUE(diff(*wireguard_->read(name), desired, &desired).empty());
}

TEST_P(Backend, an_update_of_a_peer_that_went_does_not_make_half_a_peer) {
    const std::string name = ensure("a");
    WgDelta late;
    late.set_peers[key_of(2)] = {false, endpoint("192.0.2.2:1"), std::nullopt, std::nullopt};
    ASSERT_TRUE(wireguard_->apply(name, late, key_a_).ok());
    EXPECT_TRUE(wireguard_->read(name)->peers.empty());
}

TEST_P(Backend, names_a_busy_port_and_takes_it_when_it_is_free) {
    const std::string name = ensure("a");
    ASSERT_TRUE(links_->set_up(links_->find(name).value()->index, true).ok());
    WgDelta first; // wireguard-go hears of "up" a moment later, and binds nothing before
    first.set_listen_port = UdpPort(41829);
    ASSERT_TRUE(wireguard_->apply(name, first, key_a_).ok());
    ASSERT_TRUE(test::poll_until([] { return !test::hold_udp_port(AF_INET, 41829).valid(); }));
    for (const int family : {AF_INET, AF_INET6}) {
        UniqueFd holder = test::hold_udp_port(family, 41822);
        WgDelta delta;
        delta.set_listen_port = UdpPort(41822);
        const Status status = wireguard_->apply(name, delta, key_a_);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code(), ErrorCode::kBusy) << status.error().message();
        EXPECT_THAT(status.error().message(), AllOf(HasSubstr("41822"), HasSubstr("ss -ulpn")));
        holder.reset();
        // The reconciler sees that the port is not the desired one and asks again.
        EXPECT_NE(wireguard_->read(name)->listen_port, UdpPort(41822));
        ASSERT_TRUE(wireguard_->apply(name, delta, key_a_).ok());
        EXPECT_EQ(wireguard_->read(name)->listen_port, UdpPort(41822));
        EXPECT_FALSE(test::hold_udp_port(family, 41822).valid());
        delta.set_listen_port = UdpPort(41830);
        ASSERT_TRUE(wireguard_->apply(name, delta, key_a_).ok());
    }
}

TEST_P(Backend, carries_thousands_of_peers) {
    const std::string name = ensure("a");
    WgDeviceConfig desired{public_key_of(key_a_), UdpPort(41820), {}};
    for (std::uint32_t i = 0; i < 3000; ++i) {
        PublicKey key = key_of(9);
        std::memcpy(key.bytes.data(), &i, sizeof(i));
        desired.peers[key].allowed_ips = {{IpAddress::v4(0x64400100U + i), 32}};
        desired.peers[key].endpoint = endpoint("192.0.2.2:51820");
    }
    reconcile(name, desired, nullptr);
    const auto actual = wireguard_->read(name);
    ASSERT_TRUE(actual.ok()) << actual.error().message();
    EXPECT_EQ(actual->peers.size(), 3000U);
    EXPECT_TRUE(diff(*actual, desired, nullptr).empty());
    desired.peers.clear();
    reconcile(name, desired, nullptr);
    EXPECT_TRUE(wireguard_->read(name)->peers.empty());
}

TEST_P(Backend, carries_a_peer_with_very_many_allowed_ips) {
    const std::string name = ensure("a");
    WgDeviceConfig desired{public_key_of(key_a_), UdpPort(41820), {}};
    for (std::uint32_t i = 0; i < 3000; ++i)
        desired.peers[key_of(2)].allowed_ips.push_back({IpAddress::v4(0x64400100U + i), 32});
    reconcile(name, desired, nullptr);
    EXPECT_TRUE(diff(*wireguard_->read(name), desired, nullptr).empty());
}

TEST_P(Backend, runs_napi_in_threads_once_there_is_a_peer) {
    if (!wireguard_->is_kernel())
        return; // wireguard-go has threads of its own
    const std::string name = ensure("a");
    const IfIndex index = links_->find(name).value()->index;
    const Status before = links_->set_threaded_napi(index, true);
    // Kernels from 6.16 on have it switched on already, peer or not.
    EXPECT_TRUE(before.ok() || before.error().code() == ErrorCode::kUnavailable);
    WgDeviceConfig desired{public_key_of(key_a_), UdpPort(41820), {}};
    desired.peers[key_of(2)] = peer("192.0.2.2:51820", {"100.64.0.2/32"});
    reconcile(name, desired, nullptr);
    const Status after = links_->set_threaded_napi(index, true);
    EXPECT_TRUE(after.ok()) << after.error().message();
}

TEST_P(Backend, keeps_the_endpoint_a_peer_roamed_to) {
    connect_two();
    send_through_a("100.64.0.1", "100.64.0.2");
    ASSERT_TRUE(poll_until([&] {
        return b_->wireguard->read(b_->name)->peers.begin()->second.last_handshake.has_value();
    }));
    const WgDevice roamed = *b_->wireguard->read(b_->name);
    const PublicKey key_a = roamed.peers.begin()->first;
    EXPECT_EQ(roamed.peers.at(key_a).config.endpoint, endpoint("192.0.2.1:41820"));
    WgDeviceConfig configured{roamed.public_key, roamed.listen_port, {}};
    configured.peers[key_a] = peer("192.0.2.77:41820", {"100.64.0.1/32"});
    EXPECT_TRUE(diff(roamed, configured, &configured).empty());
    EXPECT_TRUE(diff(roamed, configured, nullptr).empty());
}

TEST_P(Backend, counts_only_packets_whose_source_the_peer_may_not_use) {
    connect_two();
    send_through_a("100.64.0.1", "100.64.0.2"); // in the allowed IPs of A at B
    ASSERT_TRUE(poll_until([&] {
        return b_->wireguard->read(b_->name)->peers.begin()->second.last_handshake.has_value();
    }));
    EXPECT_EQ(b_->wireguard->rejected_sources(b_->name).value(), 0U);
    for (int i = 0; i < 3; ++i)
        send_through_a("100.64.0.9", "100.64.0.2"); // somebody else's VTEP
    EXPECT_TRUE(poll_until([&] { return *b_->wireguard->rejected_sources(b_->name) == 3U; }))
        << *b_->wireguard->rejected_sources(b_->name);
    EXPECT_EQ(wireguard_->rejected_sources(a_name_).value(), 0U);
    const auto peers = b_->wireguard->read(b_->name)->peers;
    EXPECT_GT(peers.begin()->second.rx_bytes, 0U);
    EXPECT_EQ(peers.begin()->second.config.endpoint, endpoint("192.0.2.1:41820"));
}

INSTANTIATE_TEST_SUITE_P(WireGuard, Backend, testing::ValuesIn(test::chosen_backend()),
                         [](const auto &row) { return std::string(row.param); });

} // namespace
} // namespace coax
