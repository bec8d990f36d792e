// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/wireguard/uapi_codec.h"
#include "unit/wireguard/builders.h"

namespace coax {
namespace {

using test::endpoint;
using test::key_of;
using test::prefix;
using testing::HasSubstr;
using testing::Not;

const std::string kHex2(64, '2');
const std::string kHex3(64, '3');

const std::string kAnswer = "private_key=" + std::string(62, '1') + "51\n" +
                            "listen_port=51820\nfwmark=7\n"
                            "public_key=" +
                            kHex2 +
                            "\n"
                            "preshared_key=" +
                            std::string(64, '0') +
                            "\n"
                            "protocol_version=1\n"
                            "endpoint=[2001:db8::7]:4000\n"
                            "last_handshake_time_sec=1700000000\n"
                            "last_handshake_time_nsec=500000000\n"
                            "tx_bytes=18446744073709551615\nrx_bytes=5\n"
                            "persistent_keepalive_interval=25\n"
                            "allowed_ip=2001:db8::/64\nallowed_ip=100.64.0.2/32\n"
                            "public_key=" +
                            kHex3 +
                            "\n"
                            "last_handshake_time_sec=0\nlast_handshake_time_nsec=0\n"
                            "some_future_key=whatever\n"
                            "errno=0\n\n";

TEST(UapiCodec, reads_a_device_with_two_peers) {
    const auto device = parse_uapi_device(kAnswer);
    ASSERT_TRUE(device.ok()) << device.error().message();
    EXPECT_EQ(device->listen_port, UdpPort(51820));
    EXPECT_NE(device->public_key, PublicKey{});
    ASSERT_EQ(device->peers.size(), 2U);
    const auto &full = device->peers.at(key_of(0x22));
    EXPECT_EQ(full.config.endpoint, endpoint("[2001:db8::7]:4000"));
    EXPECT_EQ(full.config.keepalive, std::chrono::seconds(25));
    EXPECT_EQ(full.rx_bytes, 5U);
    EXPECT_EQ(full.tx_bytes, 18446744073709551615U);
    ASSERT_TRUE(full.last_handshake);
    EXPECT_EQ(full.last_handshake->time_since_epoch(), std::chrono::milliseconds(1700000000500));
    EXPECT_TRUE(std::is_sorted(full.config.allowed_ips.begin(), full.config.allowed_ips.end()));
    EXPECT_THAT(full.config.allowed_ips,
                testing::UnorderedElementsAre(prefix("100.64.0.2/32"), prefix("2001:db8::/64")));
    const auto &bare = device->peers.at(key_of(0x33));
    EXPECT_FALSE(bare.last_handshake);
    EXPECT_FALSE(bare.config.endpoint);
}

TEST(UapiCodec, reads_a_device_without_key_as_zero_key) {
    const auto device = parse_uapi_device("listen_port=1\nerrno=0\n\n");
    ASSERT_TRUE(device.ok());
    EXPECT_EQ(device->public_key, PublicKey{});
}

TEST(UapiCodec, tells_a_preshared_key_from_none) {
    const std::string peer = "public_key=" + kHex2 + "\npreshared_key=";
    const auto none = parse_uapi_device(peer + std::string(64, '0') + "\nerrno=0\n\n");
    const auto some = parse_uapi_device(peer + std::string(63, '0') + "1\nerrno=0\n\n");
    ASSERT_TRUE(none.ok() && some.ok());
    EXPECT_FALSE(none->peers.at(key_of(0x22)).has_preshared_key);
    EXPECT_TRUE(some->peers.at(key_of(0x22)).has_preshared_key);
    EXPECT_FALSE(parse_uapi_device(peer + "0\nerrno=0\n\n").ok());
}

TEST(UapiCodec, clears_a_preshared_key) {
    WgDelta delta;
    delta.set_peers[key_of(0x22)].clear_preshared_key = true;
    EXPECT_EQ(format_uapi_set(delta, generate_private_key()),
              "set=1\npublic_key=" + kHex2 +
                  "\nupdate_only=true\npreshared_key=" + std::string(64, '0') + "\n\n");
}

TEST(UapiCodec, refuses_what_it_does_not_understand) {
    const std::string texts[] = {
        "",
        "\n",
        "errno=0x\n\n",
        "errno=99999999999999999999\n\n",
        "errno=-9223372036854775808\n\n",
        "listen_port=51820\n\n",
        "listen_port=70000\nerrno=0\n\n",
        "listen_port=-1\nerrno=0\n\n",
        "listen_port=\nerrno=0\n\n",
        "no equals sign\nerrno=0\n\n",
        "public_key=22\nerrno=0\n\n",
        "public_key=" + std::string(64, 'g') + "\nerrno=0\n\n",
        "public_key=" + kHex2 + "22\nerrno=0\n\n",
        "public_key=" + kHex2 + "\nendpoint=nowhere\nerrno=0\n\n",
        "public_key=" + kHex2 + "\nallowed_ip=10.0.0.0/99\nerrno=0\n\n",
        "public_key=" + kHex2 + "\nlast_handshake_time_sec=18446744073709551615\nerrno=0\n\n",
        "public_key=" + kHex2 + "\nlast_handshake_time_nsec=1000000000\nerrno=0\n\n",
        "private_key=xyz\nerrno=0\n\n",
    };
    for (const auto &text : texts) {
        const auto device = parse_uapi_device(text);
        ASSERT_FALSE(device.ok()) << text;
        EXPECT_EQ(device.error().code(), ErrorCode::kInvalid) << text;
    }
}

TEST(UapiCodec, keeps_secrets_and_control_characters_out_of_errors) {
    const auto secret = parse_uapi_device("private_key=deadbeef\nerrno=0\n\n");
    ASSERT_FALSE(secret.ok());
    EXPECT_THAT(secret.error().message(), Not(HasSubstr("deadbeef")));
    const auto shared =
        parse_uapi_device("public_key=" + kHex2 + "\npreshared_key=beef\nerrno=0\n");
    ASSERT_FALSE(shared.ok());
    EXPECT_THAT(shared.error().message(), Not(HasSubstr("beef")));
    const auto control = parse_uapi_device("listen_port=\x1b[31m\nerrno=0\n\n");
    ASSERT_FALSE(control.ok());
    EXPECT_THAT(control.error().message(), Not(HasSubstr("\x1b")));
}

TEST(UapiCodec, survives_hostile_text) {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        std::string text = kAnswer;
        const int changes = 1 + static_cast<int>(random() % 8);
        for (int i = 0; i < changes; ++i)
            text[random() % text.size()] = static_cast<char>(random());
        text.resize(random() % (text.size() + 1));
        (void)parse_uapi_device(text).ok();
        (void)parse_uapi_errno(text).ok();
    }
}

TEST(UapiCodec, gives_the_errno_of_an_answer) {
    EXPECT_EQ(parse_uapi_errno("errno=0\n\n").value(), 0);
    EXPECT_EQ(parse_uapi_errno("errno=-98\n\n").value(), 98); // wireguard-go
    EXPECT_EQ(parse_uapi_errno("errno=98\n\n").value(), 98);  // boringtun
    EXPECT_FALSE(parse_uapi_errno("\n\n").ok());
    EXPECT_FALSE(parse_uapi_errno("").ok());
}

TEST(UapiCodec, turns_a_failed_read_into_that_error) {
    const auto device = parse_uapi_device("errno=-13\n\n");
    ASSERT_FALSE(device.ok());
    EXPECT_EQ(device.error().code(), ErrorCode::kPermission);
}

TEST(UapiCodec, writes_exactly_the_delta) {
    WgDelta delta;
    delta.set_private_key = true;
    delta.set_listen_port = UdpPort(51821);
    delta.set_peers[key_of(0x22)] = {
        true, endpoint("192.0.2.1:51820"), {{prefix("100.64.0.2/32")}}, std::chrono::seconds(25)};
    delta.set_peers[key_of(0x33)] = {false, endpoint("[2001:db8::1]:51820"), std::nullopt,
                                     std::nullopt};
    delta.set_peers[key_of(0x44)] = {false, std::nullopt, std::vector<IpPrefix>{},
                                     std::chrono::seconds(0)};
    delta.remove_peers.push_back(key_of(0x55));
    const std::array<std::uint8_t, 32> bytes{0x10, 0x20};
    EXPECT_EQ(format_uapi_set(delta, PrivateKey(bytes)),
              "set=1\nprivate_key=1020" + std::string(60, '0') + "\nlisten_port=51821\n" +
                  "public_key=" + kHex2 + "\nendpoint=192.0.2.1:51820\n" +
                  "persistent_keepalive_interval=25\nreplace_allowed_ips=true\n" +
                  "allowed_ip=100.64.0.2/32\n" + "public_key=" + kHex3 +
                  "\nupdate_only=true\nendpoint=[2001:db8::1]:51820\n" +
                  "public_key=" + std::string(64, '4') +
                  "\nupdate_only=true\npersistent_keepalive_interval=0\n"
                  "replace_allowed_ips=true\n" +
                  "public_key=" + std::string(64, '5') + "\nremove=true\n\n");
}

TEST(UapiCodec, leaves_the_private_key_out_unless_it_is_set) {
    WgDelta delta;
    delta.set_listen_port = UdpPort(1);
    EXPECT_EQ(format_uapi_set(delta, generate_private_key()), "set=1\nlisten_port=1\n\n");
}

TEST(UapiCodec, wipes_a_text) {
    std::string text(100, 'x');
    const char *memory = text.data();
    wipe_text(text);
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(memory[1], '\0'); // the buffer is still the string's
}

} // namespace
} // namespace coax
