// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include <gtest/gtest.h>
#include <netlink/msg.h>

#include "lib/wireguard/kernel_codec.h"
#include "unit/wireguard/builders.h"

namespace coax {
namespace {

using test::endpoint;
using test::key_of;
using test::prefix;

constexpr std::uint16_t kFamily = 0x20;

/// A request read back as if the kernel had sent it: SET and GET use the same attributes.
NetlinkReply as_reply(NetlinkRequest &request) {
    const nlmsghdr *header = nlmsg_hdr(request.raw());
    const auto *start = static_cast<const std::uint8_t *>(static_cast<const void *>(header));
    return {header->nlmsg_type, {start + NLMSG_HDRLEN, start + header->nlmsg_len}};
}

WgDevice applied(const WgDelta &delta, std::size_t *messages = nullptr) {
    auto requests = build_kernel_set(kFamily, "n1-wg0", delta, generate_private_key());
    std::vector<NetlinkReply> replies;
    for (auto &request : requests) {
        EXPECT_TRUE(request.fits());
        EXPECT_LE(request.size_bytes(), 32768U);
        replies.push_back(as_reply(request));
    }
    if (messages != nullptr)
        *messages = requests.size();
    return parse_kernel_device(replies);
}

/// A key that is different for each number.
PublicKey key_number(std::uint32_t number) {
    PublicKey key = key_of(7);
    std::memcpy(key.bytes.data(), &number, sizeof(number));
    return key;
}

TEST(KernelCodec, carries_every_field_of_a_peer) {
    WgDelta delta;
    delta.set_listen_port = UdpPort(51821);
    delta.set_peers[key_of(2)] = {true,
                                  endpoint("192.0.2.1:51820"),
                                  {{prefix("100.64.0.2/32"), prefix("2001:db8::/64")}},
                                  std::chrono::seconds(25)};
    delta.set_peers[key_of(3)] = {true, endpoint("[2001:db8::3]:4000"), std::nullopt, std::nullopt};
    const WgDevice device = applied(delta);
    EXPECT_EQ(device.listen_port, UdpPort(51821));
    ASSERT_EQ(device.peers.size(), 2U);
    const auto &v4 = device.peers.at(key_of(2)).config;
    EXPECT_EQ(v4.endpoint, endpoint("192.0.2.1:51820"));
    EXPECT_EQ(v4.keepalive, std::chrono::seconds(25));
    EXPECT_EQ(v4.allowed_ips.size(), 2U);
    EXPECT_EQ(device.peers.at(key_of(3)).config.endpoint, endpoint("[2001:db8::3]:4000"));
}

TEST(KernelCodec, spreads_thousands_of_peers_over_messages_that_fit) {
    WgDelta delta;
    for (std::uint32_t i = 0; i < 5000; ++i)
        delta.set_peers[key_number(i)] = {
            true, endpoint("[2001:db8::1]:51820"), {{prefix("100.64.0.2/32")}}, std::nullopt};
    for (std::uint32_t i = 5000; i < 6000; ++i)
        delta.remove_peers.push_back(key_number(i));
    std::size_t messages = 0;
    const WgDevice device = applied(delta, &messages);
    EXPECT_EQ(device.peers.size(), 6000U);
    EXPECT_GT(messages, 10U);
    EXPECT_LT(messages, 100U);
}

TEST(KernelCodec, continues_a_peer_with_many_allowed_ips_in_the_next_message) {
    WgDelta delta;
    std::vector<IpPrefix> many;
    for (std::uint32_t i = 0; i < 2000; ++i)
        many.push_back({IpAddress::v4(0x64400000U + i), 32});
    delta.set_peers[key_of(2)] = {true, std::nullopt, many, std::nullopt};
    std::size_t messages = 0;
    const WgDevice device = applied(delta, &messages);
    EXPECT_GT(messages, 1U);
    ASSERT_EQ(device.peers.size(), 1U);
    EXPECT_EQ(device.peers.at(key_of(2)).config.allowed_ips, many);
}

TEST(KernelCodec, clears_a_preshared_key_by_zeros_and_reads_them_as_none) {
    WgDelta delta;
    delta.set_peers[key_of(2)].clear_preshared_key = true;
    auto requests = build_kernel_set(kFamily, "n1-wg0", delta, generate_private_key());
    const NetlinkReply reply = as_reply(requests.front());
    const auto device = reply.attributes(sizeof(genlmsghdr), WGDEVICE_A_MAX);
    const auto peers = netlink_list(device.get(WGDEVICE_A_PEERS));
    ASSERT_EQ(peers.size(), 1U);
    const auto key = NetlinkAttributes(peers.front(), WGPEER_A_MAX).get(WGPEER_A_PRESHARED_KEY);
    EXPECT_EQ(std::vector<std::uint8_t>(key.begin(), key.end()), std::vector<std::uint8_t>(32));
    EXPECT_FALSE(parse_kernel_device({reply}).peers.at(key_of(2)).has_preshared_key);
}

TEST(KernelCodec, reads_a_preshared_key) {
    NetlinkRequest request(kFamily, 0);
    request.append(genlmsghdr{});
    request.begin(WGDEVICE_A_PEERS);
    request.begin(0);
    request.put(WGPEER_A_PUBLIC_KEY, key_of(2).bytes);
    request.put(WGPEER_A_PRESHARED_KEY, key_of(9).bytes);
    request.end();
    request.end();
    EXPECT_TRUE(parse_kernel_device({as_reply(request)}).peers.at(key_of(2)).has_preshared_key);
}

TEST(KernelCodec, flags_say_what_may_happen_to_a_peer) {
    WgDelta delta;
    delta.set_peers[key_of(2)] = {true, std::nullopt, {{prefix("100.64.0.2/32")}}, std::nullopt};
    delta.set_peers[key_of(3)] = {false, endpoint("192.0.2.1:1"), std::nullopt, std::nullopt};
    delta.remove_peers.push_back(key_of(4));
    auto requests = build_kernel_set(kFamily, "n1-wg0", delta, generate_private_key());
    ASSERT_EQ(requests.size(), 1U);
    const NetlinkReply reply = as_reply(requests.front());
    const auto device = reply.attributes(sizeof(genlmsghdr), WGDEVICE_A_MAX);
    EXPECT_EQ(device.get_string(WGDEVICE_A_IFNAME), "n1-wg0");
    EXPECT_FALSE(device.has(WGDEVICE_A_FLAGS)); // never a full replace
    EXPECT_FALSE(device.has(WGDEVICE_A_PRIVATE_KEY));
    std::vector<std::uint32_t> flags;
    for (const auto &peer : netlink_list(device.get(WGDEVICE_A_PEERS)))
        flags.push_back(
            NetlinkAttributes(peer, WGPEER_A_MAX).get_value<std::uint32_t>(WGPEER_A_FLAGS));
    EXPECT_EQ(flags, (std::vector<std::uint32_t>{WGPEER_F_REPLACE_ALLOWEDIPS, WGPEER_F_UPDATE_ONLY,
                                                 WGPEER_F_REMOVE_ME | WGPEER_F_UPDATE_ONLY}));
}

/// A device with one peer, key_of(2), that has this handshake time and one IPv4 prefix.
WgPeerStatus read_peer(const std::array<std::int64_t, 2> &handshake, std::uint8_t prefix_length) {
    NetlinkRequest request(kFamily, 0);
    request.append(genlmsghdr{});
    request.begin(WGDEVICE_A_PEERS);
    request.begin(0);
    request.put(WGPEER_A_PUBLIC_KEY, key_of(2).bytes);
    request.put_value(WGPEER_A_LAST_HANDSHAKE_TIME, handshake);
    request.begin(WGPEER_A_ALLOWEDIPS);
    request.begin(0);
    request.put_value(WGALLOWEDIP_A_IPADDR, std::uint32_t{0x01020304});
    request.put_value(WGALLOWEDIP_A_CIDR_MASK, prefix_length);
    for (int nest = 0; nest < 4; ++nest)
        request.end();
    return parse_kernel_device({as_reply(request)}).peers.at(key_of(2));
}

TEST(KernelCodec, ignores_a_prefix_longer_than_its_address) {
    EXPECT_EQ(read_peer({0, 0}, 32).config.allowed_ips.size(), 1U);
    EXPECT_EQ(read_peer({0, 0}, 33).config.allowed_ips.size(), 0U);
}

TEST(KernelCodec, ignores_a_handshake_that_is_no_time) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    EXPECT_TRUE(read_peer({1700000000, 999999999}, 32).last_handshake);
    EXPECT_FALSE(read_peer({0, 0}, 32).last_handshake);
    EXPECT_FALSE(read_peer({kMost, 0}, 32).last_handshake);
    EXPECT_FALSE(read_peer({-1, 0}, 32).last_handshake);
    EXPECT_FALSE(read_peer({1, kMost}, 32).last_handshake);
}

TEST(KernelCodec, survives_damaged_messages) {
    WgDelta delta;
    delta.set_listen_port = UdpPort(1);
    delta.set_peers[key_of(2)] = {true,
                                  endpoint("192.0.2.1:51820"),
                                  {{prefix("100.64.0.2/32"), prefix("2001:db8::/64")}},
                                  std::chrono::seconds(25)};
    auto requests = build_kernel_set(kFamily, "n1-wg0", delta, generate_private_key());
    const NetlinkReply good = as_reply(requests.front());
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        NetlinkReply bad = good;
        for (int i = 0; i < 4; ++i)
            bad.payload[random() % bad.payload.size()] = static_cast<std::uint8_t>(random());
        bad.payload.resize(random() % (bad.payload.size() + 1));
        (void)parse_kernel_device({bad});
    }
}

} // namespace
} // namespace coax
