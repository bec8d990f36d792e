// SPDX-License-Identifier: Apache-2.0
// The tests' own packet builder, against bytes whose checksums Wireshark found right.
#include <gtest/gtest.h>

#include "harness/bpf_run_net.h"
#include "harness/packet.h"

namespace coax::test {
namespace {

const Ip kV6a = "2001:db8::1";
const Ip kV6b = "2001:db8::2";

struct Vector {
    const char *name;
    Packet packet;
    const char *expected;
};

class PacketBuilder : public testing::TestWithParam<Vector> {};

TEST_P(PacketBuilder, writes_lengths_types_and_checksums) {
    EXPECT_EQ(hexdump_diff(hex(GetParam().expected), GetParam().packet.bytes()), "");
}

const std::vector<Vector> kVectors = {
    {"udp4", Ipv4{} / Udp{} / Payload("hello"),
     "45000021000000004011f6c8c0000201c0000202 03e807d0000d2c46 68656c6c6f"},
    {"udp6", Ipv6{} / Udp{} / Payload("hello"),
     "60000000000d114020010db800000000000000000000000120010db8000000000000000000000002"
     "03e807d0000d54d5 68656c6c6f"},
    {"tcp4", Ipv4{} / Tcp{.flags = kTcpSyn, .mss = 1460},
     "4500002c000000004006f6c8c0000201c0000202 03e807d000000001000000006002 2000e8690000020405b4"},
    {"tcp6", Ipv6{} / Tcp{.flags = kTcpSyn, .mss = 1460},
     "600000000018064020010db800000000000000000000000120010db8000000000000000000000002"
     "03e807d0000000010000000060022000 10f90000020405b4"},
    {"neighbor_solicit",
     Ipv6{.dst = "ff02::1:ff00:2", .hop_limit = 255} / NeighborSolicit{.link_layer = mac(1)},
     "6000000000203aff20010db8000000000000000000000001ff0200000000000000000001ff000002"
     "87006b260000000020010db8000000000000000000000002010102005e005301"},
    {"echo4", Ipv4{} / Icmp{} / Payload("abc"),
     "4500001f000000004001f6dac0000201c0000202 0800339b00010001616263"},
    {"arp", Ethernet{.dst = kBroadcast} / Arp{},
     "ffffffffffff02005e0053010806 0001080006040001 02005e005301c0000201000000000000c0000202"},
    {"tagged_vxlan", Ethernet{} / Vlan{.tci = 0x2005} / Vxlan{.vni = 0x123456},
     "02005e00530202005e0053018100 200588b5 0800000012345600"},
    {"overridden", Ipv4{.total_length = 7, .checksum = 0x1234} / Udp{.length = 9, .checksum = 0},
     "45000007000000004011 1234 c0000201c0000202 03e807d000090000"},
};

INSTANTIATE_TEST_SUITE_P(Vectors, PacketBuilder, testing::ValuesIn(kVectors),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Packet, checksum_is_that_of_rfc_1071) {
    EXPECT_EQ(internet_checksum(hex("0001f203f4f5f6f7")), 0x220d);
    EXPECT_EQ(internet_checksum(hex("450000730000400040110000c0a80001c0a800c7")), 0xb861);
    EXPECT_EQ(internet_checksum(hex("01")), 0xfeff);
}

TEST(Packet, wireguard_messages_have_their_lengths) {
    EXPECT_EQ(Packet(WireGuard{.type = 1}).size(), 148U);
    EXPECT_EQ(Packet(WireGuard{.type = 2}).size(), 92U);
    EXPECT_EQ(Packet(WireGuard{.type = 3}).size(), 64U);
    EXPECT_EQ((WireGuard{.type = 4} / Payload::pattern(16)).size(), 48U);
}

TEST(Packet, diff_shows_only_lines_that_differ) {
    Bytes a(40, 0x11);
    Bytes b = a;
    EXPECT_EQ(hexdump_diff(a, b), "");
    b[17] = 0x22;
    const std::string text = hexdump_diff(a, b);
    EXPECT_NE(text.find("- 0010  11 11"), std::string::npos) << text;
    EXPECT_NE(text.find("+ 0010  11 22"), std::string::npos) << text;
    EXPECT_EQ(text.find("0000"), std::string::npos) << text;
}

TEST(ScratchNetns, carries_a_tagged_frame_over_a_veth_pair) {
    const ScratchNetns here;
    const Fd there = make_netns();
    const VethPair pair = add_veth("p0", there.get());
    const PacketSocket near(pair.near);
    const PacketSocket far(pair.far, there.get());
    const Bytes frame = (Ethernet{} / Vlan{.tci = 7} / Payload::pattern(60)).bytes();
    far.send(frame);
    const auto received = near.receive();
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(hexdump_diff(frame, *received), "");
}

} // namespace
} // namespace coax::test
