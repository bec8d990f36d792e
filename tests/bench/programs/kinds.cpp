// SPDX-License-Identifier: Apache-2.0
#include "bench/programs/kinds.h"

namespace coax::bench {

namespace {

using namespace coax::test;

constexpr std::uint32_t kShot = 2;
constexpr std::uint32_t kRedirect = 7;
constexpr std::uint32_t kUnspec = 0xffffffff;
constexpr std::uint32_t kXdpDrop = 1;
constexpr std::uint32_t kXdpPass = 2;
constexpr std::size_t kMss = kMtu - 40;
constexpr std::size_t kSmall = 64; // of UDP payload

using Rest = std::function<Packet(bool to_port)>;

Packet ip4(bool to_port) {
    return to_port ? Ipv4{.src = kRemoteIp, .dst = kPortIp}
                   : Ipv4{.src = kPortIp, .dst = kRemoteIp};
}
Packet ip6(bool to_port) {
    return to_port ? Ipv6{.src = kRemoteIp6, .dst = kPortIp6}
                   : Ipv6{.src = kPortIp6, .dst = kRemoteIp6};
}
Packet udp4(bool to_port) {
    return ip4(to_port) / Udp{} / Payload::pattern(kSmall);
}
Packet udp6(bool to_port) {
    return ip6(to_port) / Udp{} / Payload::pattern(kSmall);
}
Packet tcp4(bool to_port) {
    return ip4(to_port) / Tcp{} / Payload::pattern(kMss);
}
Packet arp(bool to_port) {
    return Arp{.sender = kPortMac, .sender_ip = to_port ? kRemoteIp : kPortIp} / Payload(Bytes(18));
}

Kind encapsulate(const char *name, const Rest &rest) {
    return {name, COAX_HOOK_TC_PORT, "encapsulate", kRedirect,
            [rest](std::uint32_t index, const char *) {
                return Ethernet{.dst = endpoint_mac(index), .src = kPortMac} / rest(false);
            }};
}

Kind decapsulate(const char *name, const Rest &rest) {
    return {name, COAX_HOOK_TC_LANE, "decapsulate", kRedirect,
            [rest](std::uint32_t index, const char *vtep) {
                return Ethernet{.dst = kZeroMac, .src = kZeroMac} /
                       outer({.src = vtep, .dst = kSelfVtep},
                             Ethernet{.dst = kPortMac, .src = endpoint_mac(index)} / rest(true));
            }};
}

Kind guard(const char *name, coax_hook hook, std::uint32_t verdict, const Packet &packet) {
    return {name, hook, "guard", verdict, [packet](std::uint32_t, const char *) { return packet; },
            false};
}

void add_guards(std::vector<Kind> &all, coax_hook hook, std::uint32_t pass, std::uint32_t drop) {
    const Packet v4 = Ethernet{} / Ipv4{.src = "198.51.100.1", .dst = "198.51.100.2"};
    const Packet v6 = Ethernet{} / Ipv6{.src = "2001:db8:ffff::1", .dst = "2001:db8:ffff::2"};
    const Packet wireguard = Udp{.sport = kListenPort, .dport = kListenPort} / WireGuard{};
    all.push_back(guard("wireguard_v4", hook, pass, v4 / wireguard / Payload::pattern(1408)));
    all.push_back(guard("wireguard_v6", hook, pass, v6 / wireguard / Payload::pattern(1408)));
    all.push_back(guard("other_tcp_v4", hook, pass, v4 / Tcp{} / Payload::pattern(1408)));
    all.push_back(guard("clear_vxlan_v4", hook, drop,
                        v4 / Udp{.dport = kVxlanPort} / Vxlan{.vni = kVni} / Ethernet{} /
                            Payload::pattern(kSmall)));
}

} // namespace

std::vector<Kind> kinds() {
    std::vector<Kind> all = {
        encapsulate("udp_64_v4", udp4),  encapsulate("udp_64_v6", udp6),
        encapsulate("tcp_mtu_v4", tcp4), encapsulate("arp", arp),
        decapsulate("udp_64_v4", udp4),  decapsulate("udp_64_v6", udp6),
        decapsulate("tcp_mtu_v4", tcp4), decapsulate("arp", arp),
    };
    all.push_back({"local_udp_64_v4", COAX_HOOK_TC_PORT, "switch", kRedirect,
                   [](std::uint32_t, const char *) {
                       return Ethernet{.dst = kLocalMac, .src = kPortMac} / udp4(false);
                   },
                   false});
    all.push_back({"arp", COAX_HOOK_TC_HANDOVER, "hand over", kRedirect,
                   [](std::uint32_t index, const char *vtep) {
                       return Ethernet{} / outer({.dst = vtep},
                                                 Ethernet{.dst = endpoint_mac(index)} / arp(false));
                   },
                   false});
    add_guards(all, COAX_HOOK_TC_UPLINK, kUnspec, kShot);
    add_guards(all, COAX_HOOK_XDP_UPLINK, kXdpPass, kXdpDrop);
    return all;
}

} // namespace coax::bench
