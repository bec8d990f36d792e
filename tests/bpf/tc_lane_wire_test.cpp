// SPDX-License-Identifier: Apache-2.0
// tc_lane on a real veth pair, which is a lane with link-layer headers: what arrives in a container,
// and what its stack believes of it. skb->protocol still says IPv4 when the outer headers are gone.
#include "bpf/tc_lane_test.h"

namespace coax::test {
namespace {

struct WireRow {
    std::string name;
    Packet frame;
    std::uint16_t protocol; // of the skb in the container
};
std::ostream &operator<<(std::ostream &out, const WireRow &row) {
    return out << row.name;
}

class TcLaneWire : public TcLaneTest, public testing::WithParamInterface<WireRow> {
  protected:
    void fill() override {
        port_ifindex_ = port_.near;
        TcLaneTest::fill();
        program().put("coax_settings", 0U, world_settings({}, flags_));
        attach_tc_ingress(lane_.near, program().program_fd());
    }
    /// Sends from node 2; the frame must come out in the container as it went in there.
    void expect_delivered(const WireRow &row) const {
        to_lane_.send(from_node(row.frame).bytes());
        const auto found = in_container_.receive_more();
        ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
        EXPECT_TRUE(same_bytes(row.frame.bytes(), found->frame));
        EXPECT_EQ(found->protocol, row.protocol);
        EXPECT_TRUE(found->for_host);
        EXPECT_EQ(counters_text(program().counts("coax_counters")), "decap 1\n");
        EXPECT_EQ(drops_text(program().counts("coax_drops")), "");
    }

    std::uint32_t flags_ = 0;
    Fd container_ = make_netns();
    VethPair lane_ = add_veth("lane");
    VethPair port_ = add_veth("port", container_.get(), kPortMac);
    PacketSocket to_lane_{lane_.far};
    PacketSocket in_container_{port_.far, container_.get()};
};

TEST_P(TcLaneWire, is_delivered_with_its_family) {
    expect_delivered(GetParam());
}

/// Kernels from 6.3 on; see tc_lane_deliver_test.cpp.
class TcLaneWireL3 : public TcLaneWire {
  protected:
    TcLaneWireL3() {
        if (kernel_decapsulates_l3())
            flags_ = COAX_SETTINGS_DECAP_L3;
    }
};

TEST_P(TcLaneWireL3, is_delivered_with_its_family) {
    expect_delivered(GetParam());
}

std::vector<WireRow> rows() {
    const Packet arp = Arp{.op = 2, .sender = kRemoteMac, .sender_ip = kRemoteIp};
    return {
        {"ipv4", inner(ip_to_port({"v4", false}) / Udp{} / Payload("hello")), kTypeIpv4},
        {"ipv6", inner(ip_to_port({"v6", true}) / Udp{} / Payload("hello")), kTypeIpv6},
        {"arp", inner(arp / Payload(Bytes(18))), kTypeArp},
        {"unknown_ethertype", inner(Payload::pattern(100)), kTypeUnknown},
        {"largest_frame", inner(ip_to_port({"v4", false}) / Tcp{} / Payload::pattern(kMtu - 40)),
         kTypeIpv4},
    };
}

INSTANTIATE_TEST_SUITE_P(Frames, TcLaneWire, testing::ValuesIn(rows()), RowName());
INSTANTIATE_TEST_SUITE_P(Frames, TcLaneWireL3, testing::ValuesIn(rows()), RowName());

} // namespace
} // namespace coax::test
