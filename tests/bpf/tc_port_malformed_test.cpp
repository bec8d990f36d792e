// SPDX-License-Identifier: Apache-2.0
// tc_port: frames cut at every length. TEST_RUN itself refuses what is shorter than the headers the
// ethertype promises; those lengths are in tc_port_wire_test.cpp.
#include <cerrno>

#include "bpf/tc_port_test.h"

namespace coax::test {
namespace {

struct CutRow {
    std::string name;
    Packet frame;
    std::size_t malformed_below; // shorter frames are dropped, longer ones go their way
};
std::ostream &operator<<(std::ostream &out, const CutRow &row) {
    return out << row.name;
}

Packet advert(const Ip &target) {
    return Ipv6{.src = kPortIp6, .hop_limit = 255} / NeighborAdvert{.target = target};
}

std::vector<CutRow> cut_rows() {
    return {
        {"udp_v4", to_remote(Ipv4{.src = kPortIp} / Udp{} / Payload::pattern(30)), 14 + 20 + 4},
        {"udp_v6", to_remote(Ipv6{.src = kPortIp6} / Udp{} / Payload::pattern(30)), 14 + 40 + 4},
        {"tcp_v4", to_remote(Ipv4{.src = kPortIp} / Tcp{.flags = kTcpSyn, .mss = 1460}),
         14 + 20 + 20},
        {"tcp_v6", to_remote(Ipv6{.src = kPortIp6} / Tcp{.flags = kTcpSyn, .mss = 1460}),
         14 + 40 + 20},
        {"tcp_behind_ipv4_options",
         to_remote(Ipv4{.src = kPortIp, .options = Bytes(40, 1)} / Tcp{} / Payload::pattern(30)),
         14 + 60 + 20},
        {"arp", to_remote(Arp{.sender = kPortMac, .sender_ip = kPortIp}), 14 + 28},
        {"advertisement", to_remote(advert(kPortIp6)), 14 + 40 + 8 + 16},
        {"unknown_ethertype", to_remote(Payload::pattern(46)), 14},
    };
}

class TcPortCut : public TcPortTest, public testing::WithParamInterface<CutRow> {};

TEST_P(TcPortCut, at_every_length) {
    const Bytes whole = GetParam().frame.bytes();
    for (std::size_t length = 14; length <= whole.size(); ++length) {
        SCOPED_TRACE(length);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        const RunResult result = program().run(cut, {.ifindex = port_.near});
        if (result.error == EINVAL && length < 14 + 40)
            continue;
        if (length < GetParam().malformed_below) {
            check(result, cut, dropped(COAX_DROP_MALFORMED));
        } else {
            EXPECT_EQ(result.verdict, kRedirect);
            EXPECT_EQ(drops_text(result.drops), "");
            // Whatever it was, it travels whole.
            const std::size_t runt = length < COAX_RUNT_BYTES ? COAX_ETH_MIN_BYTES : length;
            EXPECT_TRUE(result.packet.size() == length + COAX_ENCAP_BYTES ||
                        result.packet.size() == runt + COAX_ENCAP_BYTES);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Frames, TcPortCut, testing::ValuesIn(cut_rows()), RowName());

std::vector<Row> malformed_rows() {
    const Expect malformed = dropped(COAX_DROP_MALFORMED);
    const Packet payload = Udp{} / Payload::pattern(40);
    return {
        {"ipv4_with_version_6",
         to_remote(Ipv4{.src = kPortIp, .version_ihl = std::uint8_t{0x65}} / payload), malformed},
        {"ipv4_with_header_of_16_bytes",
         to_remote(Ipv4{.src = kPortIp, .version_ihl = std::uint8_t{0x44}} / payload), malformed},
        {"ipv4_with_header_longer_than_the_frame",
         to_remote(Ipv4{.src = kPortIp, .protocol = 6, .version_ihl = std::uint8_t{0x4f}} /
                   Payload::pattern(24)),
         malformed},
        {"ipv6_with_version_4",
         Ethernet{.dst = kRemoteMac, .src = kPortMac, .type = kTypeIpv6} / Ipv4{.src = kPortIp} /
             payload,
         malformed},
        {"arp_with_long_addresses",
         Ethernet{.dst = kRemoteMac, .src = kPortMac, .type = kTypeArp} /
             Payload(hex("0001 0800 08 04 0001")) / Payload::pattern(30),
         malformed},
    };
}

class TcPortMalformed : public TcPortTest, public testing::WithParamInterface<Row> {};

TEST_P(TcPortMalformed, is_dropped) {
    run_row(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Frames, TcPortMalformed, testing::ValuesIn(malformed_rows()), RowName());

} // namespace
} // namespace coax::test
