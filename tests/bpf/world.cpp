// SPDX-License-Identifier: Apache-2.0
#include "bpf/world.h"

#include <arpa/inet.h>

#include <algorithm>

namespace coax::test {

coax_settings world_settings(const LaneIndices &lanes, std::uint32_t flags) {
    coax_settings settings{};
    settings.self_vtep_be = Ip(kSelfVtep).v4_be();
    settings.vtep_pool_be = Ip("100.64.0.0").v4_be();
    settings.vtep_mask_be = Ip("255.192.0.0").v4_be();
    settings.flags = flags;
    settings.handover_ifindex = lanes.handover;
    settings.lanes = 2;
    settings.lane_ifindex[0] = lanes.first;
    settings.lane_ifindex[1] = lanes.second;
    settings.listen_port_be[0] = htons(kListenPort);
    settings.listen_port_be[1] = htons(kListenPort + 1);
    settings.vxlan_port_be = htons(kVxlanPort);
    return settings;
}

coax_second world_second(const LaneIndices &lanes) {
    coax_second second{};
    second.vtep_bit_be = Ip(kVtepBit).v4_be();
    second.lane_ifindex[0] = lanes.first;
    second.lane_ifindex[1] = lanes.second;
    second.listen_port_be[0] = htons(kSecondPort);
    second.listen_port_be[1] = htons(kSecondPort + 1);
    return second;
}

coax_network world_network(std::uint32_t flags) {
    return {.flags = flags,
            .mtu = kMtu,
            .local_targets = 0,
            .remote_targets = 0,
            .flood_pps = 1000,
            .learn_limit = 100};
}

coax_target to_node(const char *vtep, std::uint8_t lanes) {
    coax_target target{};
    target.kind = COAX_TARGET_NODE;
    target.lanes = lanes;
    target.vtep_be = Ip(vtep).v4_be();
    return target;
}

coax_target to_port(std::uint32_t ifindex, coax_target_kind kind) {
    coax_target target{};
    target.kind = static_cast<std::uint8_t>(kind);
    target.ifindex = ifindex;
    return target;
}

coax_port port_entry(std::uint32_t vni, const Mac &address, std::uint8_t flags) {
    coax_port port{};
    port.vni = vni;
    port.flags = flags;
    std::ranges::copy(address, port.mac);
    return port;
}

coax_fdb_key fdb_key(std::uint32_t vni, const Mac &address) {
    coax_fdb_key key{};
    key.vni = vni;
    std::ranges::copy(address, key.mac);
    return key;
}

coax_fdb_entry fdb_entry(const coax_target &target, std::uint32_t flags) {
    coax_fdb_entry entry{};
    entry.target = target;
    entry.flags = flags;
    return entry;
}

coax_guard_ip_key guard_ip_key(std::uint32_t ifindex, const Ip &address) {
    coax_guard_ip_key key{};
    key.ifindex = ifindex;
    std::ranges::copy(address.mapped(), key.addr);
    return key;
}

coax_guard_mac_key guard_mac_key(std::uint32_t ifindex, const Mac &address) {
    coax_guard_mac_key key{};
    key.ifindex = ifindex;
    std::ranges::copy(address, key.mac);
    return key;
}

coax_subnet_key subnet_key(const Ip &address, std::uint32_t bits) {
    coax_subnet_key key{};
    key.prefix_bits = bits + (address.is_v4() ? 96 : 0);
    std::ranges::copy(address.mapped(), key.addr);
    return key;
}

Packet outer(const OuterFields &fields, const Packet &frame) {
    return Ipv4{.src = fields.src, .dst = fields.dst, .tos = fields.tos, .frag = 0x4000} /
           Udp{.sport = fields.sport, .dport = kVxlanPort, .checksum = 0} /
           Vxlan{.vni = fields.vni} / frame;
}

} // namespace coax::test
