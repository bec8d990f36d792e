// SPDX-License-Identifier: Apache-2.0
// tc_port: who may send what, and what is refused before any forwarding.
#include "bpf/tc_port_test.h"

namespace coax::test {
namespace {

// What an admitted frame of these tables meets: the other end of the port itself, where nothing is
// counted but this drop. So the guard is seen alone.
const Expect kAdmitted = dropped(COAX_DROP_DST_NOT_HERE);
Packet to_self(const Packet &rest) {
    return frame_to(kPortMac, rest);
}

constexpr const char *kEui64 = "fe80::5eff:fe00:5311"; // of kPortMac
constexpr const char *kOtherLinkLocal = "fe80::5eff:fe00:5312";
constexpr const char *kAllNodes = "ff02::1";

Packet advert(const Ip &src, const Ip &target) {
    return Ipv6{.src = src, .dst = kPortIp6, .hop_limit = 255} /
           NeighborAdvert{.target = target, .link_layer = kPortMac};
}

std::vector<Row> mac_rows() {
    return both([](const Family &f) -> Row {
               return {"drops_frame_with_spoofed_source_mac",
                       Ethernet{.dst = kPortMac, .src = kRemoteMac} / ip_to_remote(f) / Udp{},
                       dropped(COAX_DROP_SPOOFED_MAC)};
           }) +
           both([](const Family &f) -> Row {
               return {"drops_frame_with_multicast_source_mac",
                       Ethernet{.dst = kPortMac, .src = kBroadcast} / ip_to_remote(f) / Udp{},
                       dropped(COAX_DROP_SPOOFED_MAC)};
           }) +
           both([](const Family &f) -> Row {
               return {"admits_frame_with_own_source_mac", to_self(ip_to_remote(f) / Udp{}),
                       kAdmitted};
           }) +
           std::vector<Row>{
               {"drops_arp_with_spoofed_source_mac",
                Ethernet{.dst = kPortMac, .src = kRemoteMac} /
                    Arp{.sender = kPortMac, .sender_ip = kPortIp},
                dropped(COAX_DROP_SPOOFED_MAC)},
               {"drops_unknown_ethertype_with_spoofed_source_mac",
                Ethernet{.dst = kPortMac, .src = kRemoteMac} / Payload::pattern(60),
                dropped(COAX_DROP_SPOOFED_MAC)},
           };
}

std::vector<Row> ip_rows() {
    return both([](const Family &f) -> Row {
               return {"drops_frame_with_spoofed_source_ip",
                       to_self(f.header(f.ip(kForeignIp, kForeignIp6), f.ip(kPortIp, kPortIp6)) /
                               Udp{}),
                       dropped(COAX_DROP_SPOOFED_IP)};
           }) +
           both([](const Family &f) -> Row {
               return {"drops_udp_from_the_unspecified_address",
                       to_self(f.header(f.ip("0.0.0.0", "::"), f.ip(kPortIp, kPortIp6)) / Udp{}),
                       dropped(COAX_DROP_SPOOFED_IP)};
           }) +
           std::vector<Row>{
               {"admits_dhcp_request_without_address",
                to_self(Ipv4{.src = "0.0.0.0", .dst = "255.255.255.255"} /
                        Udp{.sport = 68, .dport = 67}),
                kAdmitted},
               {"drops_dhcp_answer_without_address",
                to_self(Ipv4{.src = "0.0.0.0", .dst = "255.255.255.255"} /
                        Udp{.sport = 67, .dport = 68}),
                dropped(COAX_DROP_SPOOFED_IP)},
               {"drops_spoofed_later_ipv4_fragment",
                to_self(Ipv4{.src = kForeignIp, .frag = 10, .protocol = 17} / Payload::pattern(64)),
                dropped(COAX_DROP_SPOOFED_IP)},
               {"drops_spoofed_later_ipv6_fragment",
                to_self(Ipv6{.src = kForeignIp6} /
                        Ipv6Fragment{.offset_bytes = 80, .next_header = 17} / Payload::pattern(64)),
                dropped(COAX_DROP_SPOOFED_IP)},
               {"admits_own_link_local_address",
                to_self(Ipv6{.src = kEui64, .dst = kAllNodes} / Udp{}), kAdmitted},
               {"drops_link_local_address_of_another_mac",
                to_self(Ipv6{.src = kOtherLinkLocal, .dst = kAllNodes} / Udp{}),
                dropped(COAX_DROP_SPOOFED_IP)},
               {"drops_ipv4_mapped_spoofed_address",
                to_self(Ipv6{.src = "::ffff:192.0.2.99"} / Udp{}), dropped(COAX_DROP_SPOOFED_IP)},
           };
}

std::vector<Row> arp_rows() {
    const auto arp = [](const Arp &body) { return to_self(body); };
    const Expect spoofed = dropped(COAX_DROP_SPOOFED_ARP);
    const Expect malformed = dropped(COAX_DROP_MALFORMED);
    return {
        {"admits_arp_of_own_address", arp({.sender = kPortMac, .sender_ip = kPortIp}), kAdmitted},
        {"admits_arp_probe", arp({.sender = kPortMac, .sender_ip = "0.0.0.0"}), kAdmitted},
        {"drops_arp_with_spoofed_sender_mac", arp({.sender = kRemoteMac, .sender_ip = kPortIp}),
         spoofed},
        {"drops_arp_with_spoofed_sender_ip", arp({.sender = kPortMac, .sender_ip = kForeignIp}),
         spoofed},
        {"drops_arp_reply_with_spoofed_sender_ip",
         arp({.op = 2, .sender = kPortMac, .sender_ip = kForeignIp}), spoofed},
        {"drops_arp_probe_with_spoofed_sender_mac",
         arp({.sender = kRemoteMac, .sender_ip = "0.0.0.0"}), spoofed},
        {"drops_arp_of_other_hardware",
         arp({.sender = kPortMac, .sender_ip = kPortIp, .hardware = 6}), malformed},
        {"drops_arp_of_other_protocol",
         arp({.sender = kPortMac, .sender_ip = kPortIp, .protocol = kTypeIpv6}), malformed},
    };
}

std::vector<Row> nd_rows() {
    const Expect spoofed = dropped(COAX_DROP_SPOOFED_ARP);
    const Packet five_options = Ipv6Options{.kind = 60} / Ipv6Options{.kind = 60} /
                                Ipv6Options{.kind = 60} / Ipv6Options{.kind = 60} /
                                Ipv6Options{.kind = 60};
    return {
        {"admits_advertisement_of_own_address", to_self(advert(kPortIp6, kPortIp6)), kAdmitted},
        {"admits_advertisement_of_own_link_local", to_self(advert(kEui64, kEui64)), kAdmitted},
        {"drops_advertisement_of_foreign_address", to_self(advert(kPortIp6, kForeignIp6)), spoofed},
        {"drops_advertisement_of_foreign_link_local", to_self(advert(kEui64, kOtherLinkLocal)),
         spoofed},
        {"drops_advertisement_from_unspecified_of_foreign_address",
         to_self(advert("::", kForeignIp6)), spoofed},
        {"drops_advertisement_behind_an_extension_header",
         to_self(Ipv6{.src = kPortIp6, .hop_limit = 255} / Ipv6Options{.kind = 0} /
                 NeighborAdvert{.target = kForeignIp6}),
         spoofed},
        {"drops_advertisement_behind_many_extension_headers",
         to_self(Ipv6{.src = kPortIp6, .hop_limit = 255} / five_options /
                 NeighborAdvert{.target = kForeignIp6}),
         dropped(COAX_DROP_MALFORMED)},
        {"admits_duplicate_address_detection",
         to_self(Ipv6{.src = "::", .dst = "ff02::1:ff00:11", .hop_limit = 255} /
                 NeighborSolicit{.target = kPortIp6}),
         kAdmitted},
        {"admits_solicitation_for_a_foreign_address",
         to_self(Ipv6{.src = kPortIp6, .dst = "ff02::1:ff00:22", .hop_limit = 255} /
                 NeighborSolicit{.target = kRemoteIp6, .link_layer = kPortMac}),
         kAdmitted},
        {"drops_solicitation_from_a_foreign_address",
         to_self(Ipv6{.src = kForeignIp6, .dst = "ff02::1:ff00:22", .hop_limit = 255} /
                 NeighborSolicit{.target = kRemoteIp6, .link_layer = kPortMac}),
         dropped(COAX_DROP_SPOOFED_IP)},
    };
}

class TcPortGuard : public TcPortTest, public testing::WithParamInterface<Row> {};

TEST_P(TcPortGuard, row) {
    run_row(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Mac, TcPortGuard, testing::ValuesIn(mac_rows()), RowName());
INSTANTIATE_TEST_SUITE_P(SourceIp, TcPortGuard, testing::ValuesIn(ip_rows()), RowName());
INSTANTIATE_TEST_SUITE_P(Arp, TcPortGuard, testing::ValuesIn(arp_rows()), RowName());
INSTANTIATE_TEST_SUITE_P(NeighborDiscovery, TcPortGuard, testing::ValuesIn(nd_rows()), RowName());

class TcPortAdmission : public TcPortTest {};

TEST_F(TcPortAdmission, drops_every_link_local_control_address) {
    for (std::uint8_t last = 0; last < 16; ++last) {
        SCOPED_TRACE(int{last});
        run_row({"", frame_to({0x01, 0x80, 0xc2, 0, 0, last}, Payload::pattern(46)),
                 dropped(COAX_DROP_RESERVED_MAC)});
    }
}

TEST_F(TcPortAdmission, treats_the_next_address_as_multicast) {
    set_port(kQuietVni, COAX_PORT_GUARD_IP);
    run_row({"", frame_to({0x01, 0x80, 0xc2, 0, 0, 0x10}, Payload::pattern(46)),
             dropped(COAX_DROP_NO_FLOOD)});
}

TEST_F(TcPortAdmission, admits_any_address_on_an_unguarded_port) {
    set_port(kVni, 0);
    for (const Row &row : both([](const Family &f) -> Row {
             return {
                 "",
                 to_self(f.header(f.ip(kForeignIp, kForeignIp6), f.ip(kPortIp, kPortIp6)) / Udp{}),
                 kAdmitted};
         }))
        run_row(row);
    run_row({"", to_self(Arp{.sender = kPortMac, .sender_ip = kForeignIp}), kAdmitted});
    run_row({"", to_self(advert(kForeignIp6, kForeignIp6)), kAdmitted});
    run_row({"", to_self(Arp{.sender = kRemoteMac, .sender_ip = kPortIp}),
             dropped(COAX_DROP_SPOOFED_ARP)});
}

TEST_F(TcPortAdmission, admits_a_further_mac_of_this_port_only) {
    const Mac further = mac(0x44);
    const Packet frame = Ethernet{.dst = kPortMac, .src = further} / Payload::pattern(46);
    program().put("coax_guard_mac", guard_mac_key(port_.near, further), std::uint8_t{0});
    run_row({"without the flag", frame, dropped(COAX_DROP_SPOOFED_MAC)});
    set_port(kVni, COAX_PORT_GUARD_IP | COAX_PORT_MORE_MACS);
    run_row({"with the flag", frame, kAdmitted});
    run_row(
        {"in ARP too",
         Ethernet{.dst = kPortMac, .src = further} / Arp{.sender = further, .sender_ip = kPortIp},
         kAdmitted});
    program().remove("coax_guard_mac", guard_mac_key(port_.near, further));
    program().put("coax_guard_mac", guard_mac_key(port_.near + 1, further), std::uint8_t{0});
    run_row({"another port's", frame, dropped(COAX_DROP_SPOOFED_MAC)});
}

TEST_F(TcPortAdmission, does_not_admit_an_address_of_another_port) {
    program().put("coax_guard_ip", guard_ip_key(port_.near + 1, kForeignIp), std::uint8_t{0});
    run_row({"", to_self(Ipv4{.src = kForeignIp} / Udp{}), dropped(COAX_DROP_SPOOFED_IP)});
}

TEST_F(TcPortAdmission, drops_frames_from_an_interface_that_is_no_port) {
    program().remove("coax_ports", port_.near);
    for (const Row &row : both([](const Family &f) -> Row {
             return {"", to_remote(ip_to_remote(f) / Udp{}), dropped(COAX_DROP_NO_PORT)};
         }))
        run_row(row);
}

TEST_F(TcPortAdmission, drops_frames_while_there_are_no_settings) {
    program().put("coax_settings", 0U, coax_settings{});
    run_row({"", to_remote(Ipv4{} / Udp{}), dropped(COAX_DROP_NO_SETTINGS)});
}

TEST_F(TcPortAdmission, drops_frames_of_a_network_that_is_not_configured) {
    set_port(300, COAX_PORT_GUARD_IP);
    run_row({"", to_remote(Ipv4{} / Udp{}), dropped(COAX_DROP_NO_NETWORK)});
}

TEST_F(TcPortAdmission, counts_what_the_port_sent) {
    program().put_zero_per_cpu<coax_port_stats>("coax_port_stats", port_.near);
    const Packet frame = to_self(Ipv4{.src = kPortIp} / Udp{});
    run_row({"", frame, kAdmitted});
    run_row({"", frame, kAdmitted});
    coax_port_stats sum{};
    for (const auto &cpu : program().get_per_cpu<coax_port_stats>("coax_port_stats", port_.near)) {
        sum.rx_packets += cpu.rx_packets;
        sum.rx_bytes += cpu.rx_bytes;
    }
    EXPECT_EQ(sum.rx_packets, 2U);
    EXPECT_EQ(sum.rx_bytes, 2 * frame.size());
}

} // namespace
} // namespace coax::test
