// SPDX-License-Identifier: Apache-2.0
// Frames of the underlay, and the cases of all programs.
#include <arpa/inet.h>

#include <cstring>

#include "bpf/world.h"
#include "fuzz/bpf/frames.h"

namespace coax::fuzz {

using test::Ethernet;
using test::Ipv4;
using test::Packet;
using test::Udp;
using test::Vlan;
using test::Vxlan;
using test::WireGuard;

namespace {

std::uint16_t some_port_number(Random &random) {
    return random.pick<std::uint16_t>({test::kListenPort, test::kListenPort + 1, test::kSecondPort,
                                       test::kSecondPort + 1, test::kVxlanPort, test::kVxlanPort, 0,
                                       40000, random.word()});
}

Address underlay_address(Random &random) {
    if (random.chance(25))
        return random.chance(50) ? pool::some_ipv4(random) : pool::some_ipv6(random);
    return test::Ip(random.chance(50) ? "198.51.100.7" : "2001:db8:ffff::7").mapped();
}

Packet some_wireguard(Random &random) {
    WireGuard message{.type = random.chance(90) ? static_cast<std::uint8_t>(random.between(1, 4))
                                                : random.byte()};
    if (random.chance(10))
        message.reserved[random.below(3)] = random.byte();
    if (random.chance(20))
        message.length = random.pick<std::size_t>({4, 31, 32, 64, 63, 92, 93, 148, 147, 149, 1400});
    return message;
}

test::Ip ip_text(std::uint32_t be) {
    std::array<char, INET_ADDRSTRLEN> out{};
    inet_ntop(AF_INET, &be, out.data(), out.size());
    return {out.data()};
}

Packet outer_ip(Random &random, std::uint32_t source_be, std::uint32_t destination_be) {
    return Ipv4{.src = ip_text(source_be),
                .dst = ip_text(destination_be),
                .tos = static_cast<std::uint8_t>(random.chance(50) ? 0 : random.below(4)),
                .frag = 0x4000};
}

Packet outer_of(Random &random, std::uint32_t source_be, std::uint32_t destination_be,
                const Packet &frame) {
    const std::uint16_t vxlan_port = random.chance(97) ? test::kVxlanPort : random.word();
    const auto sport = static_cast<std::uint16_t>(COAX_SPORT_BASE + random.below(0x4000));
    return outer_ip(random, source_be, destination_be) /
           Udp{.sport = random.chance(95) ? sport : random.word(),
               .dport = vxlan_port,
               .checksum = 0} /
           Vxlan{.vni = pool::some_vni(random)} / frame;
}

/// One of the two addresses of a node.
std::uint32_t either(Random &random, std::uint32_t vtep_be) {
    return random.chance(40) ? pool::second_of(vtep_be) : vtep_be;
}

Case port_case(Random &random, const Tables &tables, const Devices &devices) {
    Case made;
    made.context.ifindex = random.pick(devices.ports);
    Mac source = pool::some_mac(random);
    const auto port = tables.ports.find(made.context.ifindex);
    if (port != tables.ports.end() && random.chance(85))
        std::memcpy(source.data(), port->second.mac, source.size());
    made.frame =
        inner_frame(random, tables, {.mac = source, .ifindex = made.context.ifindex}).bytes();
    return made;
}

Case lane_case(Random &random, const Tables &tables, const Devices &devices) {
    const Mac source = random.chance(3) ? test::kBroadcast : pool::some_mac(random);
    const std::uint32_t self = tables.settings.self_vtep_be;
    const std::uint32_t from =
        either(random, random.chance(95) ? pool::some_vtep(random) : pool::vtep(99));
    const std::uint32_t to = either(random, random.chance(95) ? self : pool::some_vtep(random));
    const Packet outer =
        random.chance(20)
            ? outer_ip(random, from, to) / control_message(random, tables, from)
            : outer_of(random, from, to, inner_frame(random, tables, {.mac = source}));
    Case made;
    made.context.ifindex = random.pick(devices.lanes);
    made.frame = (Ethernet{.dst = test::kZeroMac, .src = test::kZeroMac} / outer).bytes();
    return made;
}

Case handover_case(Random &random, const Tables &tables, const Devices &devices) {
    const std::uint32_t self = tables.settings.self_vtep_be;
    const std::uint32_t to = random.chance(45) ? 0 : either(random, pool::some_vtep(random));
    const std::uint32_t from = random.chance(96) ? self : pool::some_vtep(random);
    const Packet outer = outer_of(random, either(random, from), to,
                                  inner_frame(random, tables, {.mac = pool::some_mac(random)}));
    Case made;
    made.context.ifindex = devices.handover;
    made.frame = (Ethernet{.dst = test::kZeroMac, .src = test::kZeroMac} / outer).bytes();
    return made;
}

/// A test run's super-packet has no type: the kernel warns of one that is cloned to a device, so
/// none that is flooded.
bool may_be_super_packet(const Bytes &frame, const Tables &tables, std::uint32_t ifindex,
                         coax_hook hook) {
    if (hook == COAX_HOOK_XDP_UPLINK || frame.size() < 64)
        return false;
    Mac dst{};
    std::memcpy(dst.data(), frame.data(), dst.size());
    const auto port = tables.ports.find(ifindex);
    switch (hook) {
    case COAX_HOOK_TC_PORT:
        return (dst[0] & 1U) == 0 && port != tables.ports.end() &&
               tables.find(port->second.vni, dst) != nullptr;
    case COAX_HOOK_TC_LANE:
        return (frame[50] & 1U) == 0;
    case COAX_HOOK_TC_HANDOVER:
        return (frame[30] | frame[31] | frame[32] | frame[33]) != 0;
    default:
        return true;
    }
}

} // namespace

Packet uplink_frame(Random &random, const Tables &tables) {
    Packet head = Ethernet{};
    for (std::size_t i = random.chance(20) ? random.between(1, 3) : 0; i > 0; --i)
        head = head / Vlan{.tpid = random.chance(50) ? test::kTypeVlan : test::kTypeQinq};
    if (random.chance(20)) // an overlay frame that found its way here
        return random.chance(50) ? head / some_ip(random, underlay_address(random)) /
                                       some_transport(random) / some_payload(random)
                                 : inner_frame(random, tables, {.mac = pool::some_mac(random)});
    const Packet ip = some_ip(random, underlay_address(random));
    const Packet udp = Udp{.sport = some_port_number(random), .dport = some_port_number(random)};
    if (random.chance(55))
        return head / ip / udp / some_wireguard(random);
    if (random.chance(70))
        return head / ip / udp / Vxlan{.vni = random.chance(80) ? pool::some_vni(random) : 7} /
               inner_frame(random, tables, {.mac = pool::some_mac(random)});
    return head / ip / udp / some_payload(random);
}

Case make_case(Random &random, const Tables &tables, const Devices &devices, coax_hook hook) {
    Case made;
    switch (hook) {
    case COAX_HOOK_TC_PORT:
        made = port_case(random, tables, devices);
        break;
    case COAX_HOOK_TC_LANE:
        made = lane_case(random, tables, devices);
        break;
    case COAX_HOOK_TC_HANDOVER:
        made = handover_case(random, tables, devices);
        break;
    default:
        made.frame = uplink_frame(random, tables).bytes();
        made.context.ifindex = 0;
    }
    if (random.chance(35))
        spoil(random, made.frame);
    if (random.chance(8) && may_be_super_packet(made.frame, tables, made.context.ifindex, hook)) {
        made.context.gso_size = static_cast<std::uint32_t>(random.between(1, 9000));
        made.context.gso_segs = static_cast<std::uint32_t>(random.between(1, 60));
    }
    return made;
}

} // namespace coax::fuzz
