// SPDX-License-Identifier: Apache-2.0
#include "bpf/uplink_rows.h"

namespace coax::test {

namespace {

constexpr const char *kNear = "198.51.100.1";
constexpr const char *kFar = "198.51.100.2";
constexpr const char *kNear6 = "2001:db8:ffff::1";
constexpr const char *kFar6 = "2001:db8:ffff::2";

Packet underlay(const Family &f) {
    return f.header(f.ip(kNear, kNear6), f.ip(kFar, kFar6));
}

const Packet kClearFrame = Ethernet{} / Ipv4{} / Udp{} / Payload("in clear");

using Make = std::function<Packet(const Family &)>;

std::vector<Row> rows_of(const std::string &name, const Expect &expect, const Make &make) {
    return both([&](const Family &f) -> Row { return {name, Ethernet{} / make(f), expect}; });
}

} // namespace

void fill_uplink(const BpfRun &program) {
    program.put("coax_settings", 0U,
                world_settings({}, COAX_SETTINGS_DROP_ALL_VXLAN | COAX_SETTINGS_GUARD_SUBNETS));
    program.put("coax_second", 0U, world_second());
    program.put("coax_networks", kVni, world_network());
    program.put("coax_subnets", subnet_key("192.0.2.0", 24), std::uint8_t{0});
    program.put("coax_subnets", subnet_key("2001:db8:1::", 64), std::uint8_t{0});
}

std::vector<Row> wireguard_rows(const Uplink &uplink) {
    std::vector<Row> rows;
    const auto add = [&](const std::string &name, bool good, const WireGuard &message,
                         std::uint16_t port = kListenPort) {
        const Expect expect =
            good ? uplink.passes_as_wireguard() : uplink.drops(COAX_DROP_WG_SHAPE);
        rows = rows + rows_of(name, expect, [&](const Family &f) {
                   return underlay(f) / uplink.udp(port) / message;
               });
    };
    constexpr std::size_t kLengths[] = {0, 148, 92, 64, 32};
    for (std::uint8_t type = 1; type <= 4; ++type) {
        const std::string name = "type_" + std::to_string(type);
        const std::size_t length = kLengths[type];
        add(name, true, {.type = type});
        add(name + "_of_the_second_lane", true, {.type = type}, kListenPort + 1);
        add(name + "_of_the_second_keys", true, {.type = type}, kSecondPort);
        add(name + "_of_their_second_lane", true, {.type = type}, kSecondPort + 1);
        add(name + "_of_the_second_keys_one_byte_short", false,
            {.type = type, .length = length - 1}, kSecondPort);
        add(name + "_one_byte_short", false, {.type = type, .length = length - 1});
        add(name + "_one_byte_long", type == 4, {.type = type, .length = length + 1});
        for (std::size_t i = 0; i < 3; ++i) {
            WireGuard message{.type = type};
            message.reserved[i] = 1;
            add(name + "_with_reserved_byte_" + std::to_string(i + 1), false, message);
        }
    }
    add("largest_data_of_an_ethernet", true, {.type = 4, .length = 1440});
    for (const std::uint8_t type : {0, 5, 8, 255})
        add("unknown_type_" + std::to_string(type), false, {.type = type, .length = 148});
    return rows;
}

std::vector<Row> wireguard_header_rows(const Uplink &uplink) {
    const Expect good = uplink.passes_as_wireguard();
    const Expect bad = uplink.drops(COAX_DROP_WG_SHAPE);
    const Udp udp = uplink.udp(kListenPort);
    Udp wrong_length = udp;
    wrong_length.length = 7;
    const Packet initiation = udp / WireGuard{.type = 1};
    const Packet scan = udp / Payload("scan");
    const Ipv4 options{.src = kNear, .dst = kFar, .options = Bytes(40, 1)};
    const Ipv6 ip6{.src = kNear6, .dst = kFar6};
    const Packet two_tags = Vlan{.tci = 5, .tpid = kTypeQinq} / Vlan{.tci = 6};
    return rows_of("empty_datagram", bad, [&](const Family &f) { return underlay(f) / udp; }) +
           rows_of("datagram_of_three_bytes", bad,
                   [&](const Family &f) { return underlay(f) / udp / Payload("\4"); }) +
           rows_of("udp_length_below_its_header", bad,
                   [&](const Family &f) { return underlay(f) / wrong_length / WireGuard{}; }) +
           rows_of("tagged", good,
                   [&](const Family &f) { return Vlan{} / underlay(f) / initiation; }) +
           rows_of("scan_tagged", bad,
                   [&](const Family &f) { return Vlan{} / underlay(f) / scan; }) +
           rows_of("tagged_twice", good,
                   [&](const Family &f) { return two_tags / underlay(f) / initiation; }) +
           rows_of("scan_tagged_twice", bad,
                   [&](const Family &f) { return two_tags / underlay(f) / scan; }) +
           std::vector<Row>{
               {"behind_ipv4_options", Ethernet{} / options / initiation, good},
               {"scan_behind_ipv4_options", Ethernet{} / options / scan, bad},
               {"behind_ipv6_options",
                Ethernet{} / ip6 / Ipv6Options{.kind = 0} / Ipv6Options{.kind = 60} / initiation,
                good},
               {"scan_behind_ipv6_options", Ethernet{} / ip6 / Ipv6Options{.kind = 43} / scan, bad},
           };
}

std::vector<Row> wireguard_fragment_rows(const Uplink &uplink) {
    Expect counted = uplink.passes_as_wireguard();
    counted.counters[COAX_COUNTER_UPLINK_WG_FRAG] = 1;
    const Expect bad = uplink.drops(COAX_DROP_WG_SHAPE);
    Udp udp = uplink.udp(kListenPort);
    udp.length = 8 + 148; // of the whole datagram
    const Packet first = udp / WireGuard{.type = 1, .length = 80};
    const Packet scan = udp / WireGuard{.type = 2, .length = 80};
    const Ipv4 ip{.src = kNear, .dst = kFar, .frag = 0x2000};
    const Ipv4 later{.src = kNear, .dst = kFar, .frag = 9, .protocol = 17};
    const Packet v6 = Ethernet{} / Ipv6{.src = kNear6, .dst = kFar6};
    return {
        {"first_ipv4_fragment", Ethernet{} / ip / first, counted},
        {"first_ipv6_fragment", v6 / Ipv6Fragment{.more = true} / first, counted},
        {"scan_in_the_first_ipv4_fragment", Ethernet{} / ip / scan, bad},
        {"scan_in_the_first_ipv6_fragment", v6 / Ipv6Fragment{.more = true} / scan, bad},
        {"later_ipv4_fragment", Ethernet{} / later / Payload::pattern(64), uplink.passes()},
        {"later_ipv6_fragment",
         v6 / Ipv6Fragment{.offset_bytes = 80, .next_header = 17} / Payload::pattern(64),
         uplink.passes()},
    };
}

std::vector<Row> vxlan_rows(const Uplink &uplink) {
    const Expect clear = uplink.drops(COAX_DROP_CLEAR_VXLAN);
    const Udp udp{.sport = 50000, .dport = kVxlanPort};
    const Packet vxlan = udp / Vxlan{.vni = kVni} / kClearFrame;
    const Ipv6 ip6{.src = kNear6, .dst = kFar6};
    return rows_of("network_of_this_node", clear,
                   [&](const Family &f) { return underlay(f) / vxlan; }) +
           rows_of("foreign_network", clear,
                   [&](const Family &f) {
                       return underlay(f) / udp / Vxlan{.vni = 999} / kClearFrame;
                   }) +
           rows_of("not_even_vxlan", clear,
                   [&](const Family &f) { return underlay(f) / udp / Payload("x"); }) +
           rows_of("tagged", clear, [&](const Family &f) { return Vlan{} / underlay(f) / vxlan; }) +
           rows_of("tagged_twice", clear,
                   [&](const Family &f) {
                       return Vlan{.tpid = kTypeQinq} / Vlan{} / underlay(f) / vxlan;
                   }) +
           std::vector<Row>{
               {"behind_ipv4_options",
                Ethernet{} / Ipv4{.src = kNear, .dst = kFar, .options = Bytes(40, 1)} / vxlan,
                clear},
               {"behind_ipv6_options", Ethernet{} / ip6 / Ipv6Options{.kind = 0} / vxlan, clear},
               {"first_ipv4_fragment",
                Ethernet{} / Ipv4{.src = kNear, .dst = kFar, .frag = 0x2000} / vxlan, clear},
               {"first_ipv6_fragment", Ethernet{} / ip6 / Ipv6Fragment{.more = true} / vxlan,
                clear},
           };
}

std::vector<Row> own_vxlan_rows(const Uplink &uplink) {
    const Udp udp{.sport = 50000, .dport = kVxlanPort};
    return rows_of("network_of_this_node", uplink.drops(COAX_DROP_CLEAR_VXLAN),
                   [&](const Family &f) {
                       return underlay(f) / udp / Vxlan{.vni = kVni} / kClearFrame;
                   }) +
           rows_of("foreign_network", uplink.passes(),
                   [&](const Family &f) {
                       return underlay(f) / udp / Vxlan{.vni = 999} / kClearFrame;
                   }) +
           rows_of("not_even_vxlan", uplink.passes(),
                   [&](const Family &f) { return underlay(f) / udp / Payload("x"); });
}

std::vector<Row> overlay_rows(const Uplink &uplink) {
    const Expect clear = uplink.drops(COAX_DROP_CLEAR_OVERLAY);
    const auto v4 = [](const char *src, const char *dst) {
        return Ethernet{} / Ipv4{.src = src, .dst = dst} / Udp{};
    };
    const Packet echo = Payload::pattern(56);
    return rows_of("to_an_overlay_subnet", clear,
                   [](const Family &f) {
                       return f.header(f.ip(kNear, kNear6), f.ip(kPortIp, kPortIp6)) / Tcp{};
                   }) +
           rows_of("from_an_overlay_subnet", clear,
                   [](const Family &f) {
                       return f.header(f.ip(kPortIp, kPortIp6), f.ip(kFar, kFar6)) / Tcp{};
                   }) +
           rows_of("echo_between_endpoints", clear,
                   [&](const Family &f) {
                       return f.header(f.ip(kPortIp, kPortIp6), f.ip(kRemoteIp, kRemoteIp6)) /
                              (f.v6 ? Packet(Icmpv6{}) : Packet(Icmp{})) / echo;
                   }) +
           rows_of("tagged", clear,
                   [](const Family &f) {
                       return Vlan{} / f.header(f.ip(kPortIp, kPortIp6), f.ip(kFar, kFar6)) / Udp{};
                   }) +
           std::vector<Row>{
               {"later_ipv4_fragment",
                Ethernet{} / Ipv4{.src = kPortIp, .dst = kFar, .frag = 9, .protocol = 17} / echo,
                clear},
               {"later_ipv6_fragment",
                Ethernet{} / Ipv6{.src = kPortIp6, .dst = kFar6} /
                    Ipv6Fragment{.offset_bytes = 72, .next_header = 17} / echo,
                clear},
               {"last_address_of_the_subnet", v4(kNear, "192.0.2.255"), clear},
               {"first_address_beyond_the_subnet", v4(kNear, "192.0.3.0"), uplink.passes()},
               {"another_ipv6_subnet",
                Ethernet{} / Ipv6{.src = "2001:db8:2::1", .dst = kFar6} / Udp{}, uplink.passes()},
               {"from_a_vtep", v4(kSelfVtep, kFar), clear},
               {"to_a_vtep", v4(kNear, kRemoteVtep), clear},
               {"first_address_of_the_pool", v4(kNear, "100.64.0.0"), clear},
               {"last_address_of_the_pool", v4(kNear, "100.127.255.255"), clear},
               {"last_address_before_the_pool", v4(kNear, "100.63.255.255"), uplink.passes()},
               {"first_address_beyond_the_pool", v4(kNear, "100.128.0.0"), uplink.passes()},
           };
}

std::vector<Row> neighbour_rows(const Uplink &uplink) {
    const Expect clear = uplink.drops(COAX_DROP_CLEAR_OVERLAY);
    const Packet v6 = Ethernet{} / Ipv6{.src = kNear6, .dst = "ff02::1:ff00:11", .hop_limit = 255};
    const Packet options = v6 / Ipv6Options{.kind = 0};
    const NeighborSolicit question{.target = kPortIp6};
    const auto overlay = Ip(kPortIp6).mapped();
    const Arp of_the_overlay{.sender_ip = kNear, .target_ip = kPortIp};
    return {
        {"arp_question", Ethernet{} / of_the_overlay, clear},
        {"arp_question_tagged", Ethernet{} / Vlan{} / of_the_overlay, clear},
        {"arp_answer", Ethernet{} / Arp{.op = 2, .sender_ip = kPortIp, .target_ip = kFar}, clear},
        {"arp_probe", Ethernet{} / Arp{.sender_ip = "0.0.0.0", .target_ip = kPortIp}, clear},
        {"arp_question_for_a_vtep", Ethernet{} / Arp{.sender_ip = kNear, .target_ip = kRemoteVtep},
         clear},
        {"arp_of_a_vtep", Ethernet{} / Arp{.sender_ip = kSelfVtep, .target_ip = kFar}, clear},
        {"arp_of_other_hardware",
         Ethernet{} / Arp{.sender_ip = kNear, .target_ip = kPortIp, .hardware = 6},
         uplink.passes()},
        {"arp_of_another_protocol",
         Ethernet{} / Arp{.sender_ip = kNear, .target_ip = kPortIp, .protocol = 0x1234},
         uplink.passes()},
        {"nd_question", v6 / question, clear},
        {"nd_question_behind_options", options / question, clear},
        {"nd_answer", v6 / NeighborAdvert{.target = kPortIp6}, clear},
        {"nd_question_of_the_underlay", v6 / NeighborSolicit{.target = kFar6}, uplink.passes()},
        {"echo_with_an_overlay_address_in_its_payload",
         v6 / Icmpv6{} / Payload(Bytes(overlay.begin(), overlay.end())), uplink.passes()},
    };
}

std::vector<Row> other_rows(const Uplink &uplink) {
    const auto any = [&](const std::string &name, const Packet &frame) {
        return Row{name, frame, uplink.passes()};
    };
    const Make tcp_to_our_port = [](const Family &f) {
        return underlay(f) / Tcp{.sport = kListenPort, .dport = kListenPort};
    };
    // Our number on the other's side, and a lane that is not configured.
    const Udp theirs = uplink.receive ? Udp{.sport = kListenPort, .dport = 40000}
                                      : Udp{.sport = 40000, .dport = kListenPort};
    return rows_of("udp", uplink.passes(),
                   [](const Family &f) { return underlay(f) / Udp{} / Payload("dns"); }) +
           rows_of("tcp", uplink.passes(), [](const Family &f) { return underlay(f) / Tcp{}; }) +
           rows_of("tcp_to_the_number_of_our_port", uplink.passes(), tcp_to_our_port) +
           rows_of("udp_of_a_peer_with_our_number", uplink.passes(),
                   [&](const Family &f) { return underlay(f) / theirs / Payload("x"); }) +
           rows_of("udp_of_a_lane_that_is_not_configured", uplink.passes(),
                   [&](const Family &f) {
                       return underlay(f) / uplink.udp(kListenPort + 2) / Payload("x");
                   }) +
           rows_of("udp_of_port_zero", uplink.passes(),
                   [&](const Family &f) { return underlay(f) / uplink.udp(0) / Payload("x"); }) +
           rows_of("vxlan_on_another_port", uplink.passes(),
                   [](const Family &f) {
                       return underlay(f) / Udp{.dport = 8472} / Vxlan{.vni = 999} / kClearFrame;
                   }) +
           std::vector<Row>{
               any("arp", Ethernet{} / Arp{.sender_ip = kNear, .target_ip = kFar}),
               any("lldp", Ethernet{.dst = {0x01, 0x80, 0xc2, 0, 0, 0x0e}, .type = 0x88cc} /
                               Payload::pattern(46)),
               any("neighbor_solicitation",
                   Ethernet{} / Ipv6{.src = kNear6, .dst = "ff02::1:ff00:2", .hop_limit = 255} /
                       NeighborSolicit{.target = kFar6}),
               any("three_tags",
                   Ethernet{} / Vlan{} / Vlan{} / Vlan{} / underlay({"", false}) / Udp{}),
               any("unknown_ethertype", Ethernet{} / Payload::pattern(46)),
           };
}

} // namespace coax::test
