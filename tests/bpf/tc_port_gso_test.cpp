// SPDX-License-Identifier: Apache-2.0
// tc_port and super-packets: one encapsulation for all segments, and the kernel can still segment.
#include "bpf/tc_port_test.h"

namespace coax::test {
namespace {

struct GsoRow {
    std::string name;
    Family family;
    bool tagged;
};
std::ostream &operator<<(std::ostream &out, const GsoRow &row) {
    return out << row.name;
}

constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kSegments = 10;

class TcPortGso : public TcPortTest, public testing::WithParamInterface<GsoRow> {
  protected:
    void fill() override {
        lanes_ = {.first = lane_.near, .second = lane_.near, .handover = lane_.near};
        TcPortTest::fill();
        attach_tc_ingress(port_.near, program().program_fd());
    }
    [[nodiscard]] std::uint16_t gso_size() const {
        const std::size_t mtu = GetParam().tagged ? kMtu - 4 : kMtu;
        return static_cast<std::uint16_t>(mtu - (GetParam().family.v6 ? 60 : 40));
    }
    [[nodiscard]] Packet head() const {
        const Ethernet eth{.dst = kRemoteMac, .src = kPortMac};
        return GetParam().tagged ? eth / Vlan{.tci = 0x2005} : Packet(eth);
    }
    [[nodiscard]] Packet ip(std::size_t segment) const {
        const auto id = static_cast<std::uint16_t>(segment);
        return GetParam().family.v6 ? Packet(Ipv6{.src = kPortIp6, .dst = kRemoteIp6})
                                    : Packet(Ipv4{.src = kPortIp, .dst = kRemoteIp, .id = id});
    }
    [[nodiscard]] std::size_t payload_bytes() const { return kSegments * gso_size() - 100; }
    /// The super-packet as it leaves the container: its checksum is still to be completed.
    [[nodiscard]] Packet super_packet() const {
        const Family &f = GetParam().family;
        const std::uint16_t sum = pseudo_checksum(
            f.ip(kPortIp, kPortIp6), f.ip(kRemoteIp, kRemoteIp6), kTcp, 20 + payload_bytes());
        return head() / ip(0) / Tcp{.checksum = sum} / Payload::pattern(payload_bytes());
    }
    void send() const {
        const auto offset = 14 + (GetParam().tagged ? 4 : 0) + (GetParam().family.v6 ? 40 : 20);
        send_super_packet(port_.far, {.frame = super_packet().bytes(),
                                      .gso_size = gso_size(),
                                      .tcp_offset = static_cast<std::uint16_t>(offset),
                                      .v6 = GetParam().family.v6});
    }

    VethPair lane_ = add_veth("lane");
    VethPair second_ = add_veth("second");
    PacketSocket at_lane_{lane_.far};
    PacketSocket at_second_{second_.far};
};

/// Behind the Ethernet header of the lane's veth, which a WireGuard device does not have.
Bytes without_l2(const Bytes &frame) {
    return {frame.begin() + 14, frame.end()};
}

TEST_P(TcPortGso, is_encapsulated_once) {
    send();
    const auto found = at_lane_.receive();
    ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
    EXPECT_TRUE(same_bytes(outer({.sport = outer_sport(*found)}, super_packet()).bytes(),
                           without_l2(*found)));
    EXPECT_EQ(counters_text(program().counts("coax_counters")), "encap 1\nencap_gso 1\n");
}

TEST_P(TcPortGso, is_encapsulated_once_with_the_second_keys_too) {
    program().put("coax_second", 0U, world_second({.first = second_.near, .second = second_.near}));
    program().put("coax_paths", Ip(kRemoteVtep).v4_be(),
                  coax_path{.flags = COAX_PATH_FROM_SECOND | COAX_PATH_TO_SECOND});
    send();
    const auto found = at_second_.receive();
    ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
    const Packet expected = outer(
        {.src = kSelfSecond, .dst = kRemoteSecond, .sport = outer_sport(*found)}, super_packet());
    EXPECT_TRUE(same_bytes(expected.bytes(), without_l2(*found)));
    EXPECT_EQ(counters_text(program().counts("coax_counters")), "encap 1\nencap_gso 1\n");
}

// With the VXLAN header counted into the inner L2 length the kernel finds no ethertype here and drops
// everything without a trace.
TEST_P(TcPortGso, can_be_segmented_in_software) {
    disable_offloads("lane");
    send();
    const Bytes payload = Payload::pattern(payload_bytes()).bytes;
    for (std::size_t i = 0; i < kSegments; ++i) {
        SCOPED_TRACE(i);
        const auto found = at_lane_.receive();
        ASSERT_TRUE(found.has_value());
        const std::size_t from = i * gso_size();
        const std::size_t to = std::min(from + gso_size(), payload.size());
        const Payload part(Bytes(payload.begin() + static_cast<long>(from),
                                 payload.begin() + static_cast<long>(to)));
        const Packet frame =
            head() / ip(i) / Tcp{.seq = static_cast<std::uint32_t>(1 + from)} / part;
        // The kernel numbers the outer headers too.
        const Packet expected =
            Ipv4{.src = kSelfVtep,
                 .dst = kRemoteVtep,
                 .id = static_cast<std::uint16_t>(i),
                 .frag = 0x4000} /
            Udp{.sport = outer_sport(*found), .dport = kVxlanPort, .checksum = 0} /
            Vxlan{.vni = kVni} / frame;
        EXPECT_TRUE(same_bytes(expected.bytes(), without_l2(*found)));
        EXPECT_LE(found->size(), 14 + kMtu + COAX_ENCAP_BYTES);
    }
}

INSTANTIATE_TEST_SUITE_P(Tcp, TcPortGso,
                         testing::Values(GsoRow{"v4", {"v4", false}, false},
                                         GsoRow{"v6", {"v6", true}, false},
                                         GsoRow{"tagged_v4", {"v4", false}, true},
                                         GsoRow{"tagged_v6", {"v6", true}, true}),
                         RowName());

} // namespace
} // namespace coax::test
