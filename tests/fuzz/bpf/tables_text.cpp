// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "fuzz/bpf/tables.h"

namespace coax::fuzz {

namespace {

std::string vtep_text(std::uint32_t vtep_be) {
    std::array<char, INET_ADDRSTRLEN> out{};
    inet_ntop(AF_INET, &vtep_be, out.data(), out.size());
    return out.data();
}

std::string target_text(const coax_target &target) {
    if (target.kind == COAX_TARGET_NODE)
        return fmt::format("node {} lanes {}", vtep_text(target.vtep_be), target.lanes);
    return fmt::format("{} {}", target.kind == COAX_TARGET_PORT_PEER ? "peer" : "egress",
                       target.ifindex);
}

std::string settings_text(const coax_settings &s) {
    return fmt::format("settings vtep {} pool {}/{} flags {:#x} lanes {} devices {},{} handover {} "
                       "listen {},{} vxlan {}\n",
                       vtep_text(s.self_vtep_be), vtep_text(s.vtep_pool_be),
                       vtep_text(s.vtep_mask_be), s.flags, s.lanes, s.lane_ifindex[0],
                       s.lane_ifindex[1], s.handover_ifindex, ntohs(s.listen_port_be[0]),
                       ntohs(s.listen_port_be[1]), ntohs(s.vxlan_port_be));
}

std::string second_text(const coax_second &s) {
    return fmt::format("second bit {} devices {},{} listen {},{}\n", vtep_text(s.vtep_bit_be),
                       s.lane_ifindex[0], s.lane_ifindex[1], ntohs(s.listen_port_be[0]),
                       ntohs(s.listen_port_be[1]));
}

std::string port_text(const Tables &tables, std::uint32_t ifindex, const coax_port &port) {
    Mac mac{};
    std::memcpy(mac.data(), port.mac, mac.size());
    std::string out =
        fmt::format("port {} vni {} mac {} flags {:#x}{}\n", ifindex, port.vni, text(mac),
                    port.flags, tables.port_states.contains(ifindex) ? "" : " no-buckets");
    for (const auto &[owner, more] : tables.guard_macs)
        if (owner == ifindex)
            out += fmt::format("  mac {}\n", text(more));
    for (const auto &[owner, address] : tables.guard_ips)
        if (owner == ifindex)
            out += fmt::format("  ip {}\n", text(address));
    return out;
}

std::string network_text(const Tables &tables, std::uint32_t vni, const coax_network &n) {
    const auto learned = tables.learned.find(vni);
    std::string out = fmt::format(
        "network {} flags {:#x} mtu {} local {} remote {} pps {} limit {} learned {}\n", vni,
        n.flags, n.mtu, n.local_targets, n.remote_targets, n.flood_pps, n.learn_limit,
        learned == tables.learned.end() ? "absent" : std::to_string(learned->second));
    for (const auto &[key, target] : tables.flood)
        if (key.first == vni)
            out += fmt::format("  flood {:#x} {}\n", key.second, target_text(target));
    return out;
}

} // namespace

std::string text(const Mac &mac) {
    return fmt::format("{:02x}", fmt::join(mac, ":"));
}

std::string text(const Address &address) {
    std::array<char, INET6_ADDRSTRLEN> out{};
    inet_ntop(AF_INET6, address.data(), out.data(), out.size());
    return out.data();
}

std::string text(const Tables &tables) {
    std::string out = settings_text(tables.settings) + second_text(tables.second);
    for (const auto &[ifindex, port] : tables.ports)
        out += port_text(tables, ifindex, port);
    for (const auto &[vni, network] : tables.networks)
        out += network_text(tables, vni, network);
    for (const auto &[vtep, node] : tables.nodes)
        out += fmt::format("node {} lanes {}\n", vtep_text(vtep), node.lanes);
    for (const std::uint32_t vtep : tables.controls)
        out += fmt::format("control {}\n", vtep_text(vtep));
    for (const auto &[vtep, probe] : tables.probes)
        out += fmt::format("probe {} sequence {} sent {}\n", vtep_text(vtep), probe.sequence,
                           probe.sent_ns);
    for (const auto &[vtep, path] : tables.paths)
        out += fmt::format("path {} flags {:#x}\n", vtep_text(vtep), path.flags);
    for (const std::uint32_t vtep : tables.reports)
        out += fmt::format("report {}\n", vtep_text(vtep));
    for (const auto &[key, member] : tables.members)
        out += fmt::format("member {} vni {} lanes {}\n", vtep_text(key.first), key.second,
                           member.lanes);
    for (const auto &[key, entry] : tables.fdb)
        out += fmt::format("fdb {} {} -> {}{}\n", key.first, text(key.second),
                           target_text(entry.target),
                           (entry.flags & COAX_FDB_STATIC) != 0 ? " static" : "");
    for (const coax_subnet_key &subnet : tables.subnets) {
        Address address{};
        std::memcpy(address.data(), subnet.addr, address.size());
        out += fmt::format("subnet {}/{}\n", text(address), subnet.prefix_bits);
    }
    return out;
}

} // namespace coax::fuzz
