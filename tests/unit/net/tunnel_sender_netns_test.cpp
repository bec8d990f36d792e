// SPDX-License-Identifier: Apache-2.0
// Into a tun device, as wireguard-go has one: what is read at its other side is what it would encrypt.
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "coax/abi/control.h"
#include "harness/own_netns.h"
#include "lib/net/links.h"
#include "lib/net/tunnel_sender.h"

namespace coax {
namespace {

constexpr const char *kDevice = "ts-tun";
constexpr int kWaitMs = 10'000;

class TunnelSenderTest : public testing::Test {
  protected:
    void SetUp() override {
        tun_ = UniqueFd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
        ifreq request{};
        std::strncpy(request.ifr_name, kDevice, IFNAMSIZ - 1);
        request.ifr_flags = IFF_TUN | IFF_NO_PI;
        ASSERT_EQ(::ioctl(tun_.get(), TUNSETIFF, &request), 0) << std::strerror(errno);
        lane_ = IfIndex(::if_nametoindex(kDevice));
    }
    void up() { ASSERT_TRUE(open_links().value()->set_up(lane_, true).ok()); }
    Status send(std::size_t bytes) {
        const std::vector<std::byte> payload(bytes, std::byte{0x5a});
        return sender_->send({lane_, IpAddress::v4(0x64400001), IpAddress::v4(0x64400002)},
                             payload);
    }
    /// The next IPv4 packet; IPv6 chatter of the device is not ours.
    std::vector<std::uint8_t> read_packet() {
        std::vector<std::uint8_t> packet(70'000);
        for (;;) {
            pollfd waiting{tun_.get(), POLLIN, 0};
            if (::poll(&waiting, 1, kWaitMs) != 1)
                return {};
            const ssize_t got = ::read(tun_.get(), packet.data(), packet.size());
            if (got > 0 && packet[0] >> 4U == 4) {
                packet.resize(static_cast<std::size_t>(got));
                return packet;
            }
        }
    }

    test::OwnNetns own_; // first: everything below happens in it
    UniqueFd tun_;
    IfIndex lane_;
    std::unique_ptr<TunnelSender> sender_ = open_tunnel_sender().value();
};

TEST_F(TunnelSenderTest, sends_a_whole_datagram_between_the_control_ports) {
    up();
    ASSERT_TRUE(send(100).ok());
    const auto packet = read_packet();
    ASSERT_EQ(packet.size(), 128U);
    iphdr ip{};
    udphdr udp{};
    std::memcpy(&ip, packet.data(), sizeof(ip));
    std::memcpy(&udp, packet.data() + sizeof(ip), sizeof(udp));
    EXPECT_EQ(ntohs(ip.tot_len), 128);
    EXPECT_EQ(ip.protocol, IPPROTO_UDP);
    EXPECT_EQ(ntohl(ip.saddr), 0x64400001U);
    EXPECT_EQ(ntohl(ip.daddr), 0x64400002U);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < sizeof(ip); i += 2)
        sum += static_cast<std::uint32_t>(packet[i] << 8U | packet[i + 1]);
    EXPECT_EQ((sum & 0xffffU) + (sum >> 16U), 0xffffU) << "header checksum";
    EXPECT_EQ(ntohs(udp.source), COAX_CONTROL_PORT);
    EXPECT_EQ(ntohs(udp.dest), COAX_CONTROL_PORT);
    EXPECT_EQ(ntohs(udp.len), 108);
    EXPECT_EQ(udp.check, 0);
    EXPECT_EQ(packet.back(), 0x5a);
}

TEST_F(TunnelSenderTest, sends_the_longest_mail_by_the_smallest_lane_of_an_ethernet) {
    up();
    ASSERT_TRUE(open_links().value()->set_mtu(lane_, 1408).ok()); // WireGuard over IPv6
    EXPECT_TRUE(send(sizeof(coax_control) + COAX_MAIL_BYTES_MAX).ok());
    EXPECT_EQ(read_packet().size(), std::size_t{COAX_CONTROL_BYTES + COAX_MAIL_BYTES_MAX});
}

TEST_F(TunnelSenderTest, refuses_what_does_not_fit_the_device) {
    up();
    EXPECT_EQ(send(1473).error().code(), ErrorCode::kTooLarge);
    EXPECT_TRUE(send(1472).ok());
}

TEST_F(TunnelSenderTest, says_when_the_device_is_gone_or_down) {
    EXPECT_FALSE(send(10).ok()) << "it is down";
    lane_ = IfIndex(9999);
    EXPECT_EQ(send(10).error().code(), ErrorCode::kNotFound);
}

TEST_F(TunnelSenderTest, refuses_ipv6_addresses) {
    up();
    EXPECT_EQ(sender_->send({lane_, {}, IpAddress::v4(1)}, {}).error().code(), ErrorCode::kInvalid);
}

} // namespace
} // namespace coax
