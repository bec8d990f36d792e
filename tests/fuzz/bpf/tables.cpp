// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/tables.h"

#include <algorithm>
#include <cstring>

namespace coax::fuzz {

namespace {

coax_guard_mac_key guard_mac_key(const std::pair<std::uint32_t, Mac> &owned) {
    coax_guard_mac_key key{};
    key.ifindex = owned.first;
    std::ranges::copy(owned.second, key.mac);
    return key;
}

coax_guard_ip_key guard_ip_key(const std::pair<std::uint32_t, Address> &owned) {
    coax_guard_ip_key key{};
    key.ifindex = owned.first;
    std::ranges::copy(owned.second, key.addr);
    return key;
}

bool in_prefix(const Address &address, const coax_subnet_key &prefix) {
    for (std::uint32_t bit = 0; bit < prefix.prefix_bits; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if ((address[bit / 8] & mask) != (prefix.addr[bit / 8] & mask))
            return false;
    }
    return true;
}

/// `visit(map, key, value)` for every entry of the maps that have keys of their own.
template <typename Visit>
void each_entry(const Tables &tables, const Visit &visit) {
    for (const auto &[ifindex, port] : tables.ports)
        visit("coax_ports", ifindex, port);
    for (const std::uint32_t ifindex : tables.port_states)
        visit("coax_port_state", ifindex, coax_port_state{});
    for (const auto &[vni, network] : tables.networks)
        visit("coax_networks", vni, network);
    for (const auto &[vni, count] : tables.learned)
        visit("coax_net_learned", vni, count);
    for (const auto &[vtep, node] : tables.nodes)
        visit("coax_nodes", vtep, node);
    for (const std::uint32_t vtep : tables.controls)
        visit("coax_node_control", vtep, coax_node_control{});
    for (const auto &[vtep, probe] : tables.probes)
        visit("coax_probes", vtep, probe);
    for (const auto &[vtep, path] : tables.paths)
        visit("coax_paths", vtep, path);
    for (const std::uint32_t vtep : tables.reports)
        visit("coax_path_reports", vtep, kNoReport);
    for (const auto &[key, member] : tables.members)
        visit("coax_members", coax_member_key{.vtep_be = key.first, .vni = key.second}, member);
    for (const auto &[key, entry] : tables.fdb)
        visit("coax_fdb", fdb_key(key.first, key.second), entry);
    for (const auto &[key, target] : tables.flood)
        visit("coax_flood", coax_flood_key{.vni = key.first, .index = key.second}, target);
    for (const auto &owned : tables.guard_macs)
        visit("coax_guard_mac", guard_mac_key(owned), std::uint8_t{0});
    for (const auto &owned : tables.guard_ips)
        visit("coax_guard_ip", guard_ip_key(owned), std::uint8_t{0});
    for (const coax_subnet_key &subnet : tables.subnets)
        visit("coax_subnets", subnet, std::uint8_t{0});
}

} // namespace

bool is_v4(const Address &address) {
    static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,   0,
                                                             0, 0, 0, 0, 255, 255};
    return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

coax_fdb_key fdb_key(std::uint32_t vni, const Mac &mac) {
    coax_fdb_key key{};
    key.vni = vni;
    std::ranges::copy(mac, key.mac);
    return key;
}

const coax_fdb_entry *Tables::find(std::uint32_t vni, const Mac &mac) const {
    const auto found = fdb.find({vni, mac});
    return found == fdb.end() ? nullptr : &found->second;
}

bool Tables::owns_mac(std::uint32_t ifindex, const Mac &mac) const {
    const auto port = ports.find(ifindex);
    if (port == ports.end())
        return false;
    if (std::ranges::equal(mac, port->second.mac))
        return true;
    return (port->second.flags & COAX_PORT_MORE_MACS) != 0 && guard_macs.contains({ifindex, mac});
}

bool Tables::owns_ip(std::uint32_t ifindex, const Address &address) const {
    return guard_ips.contains({ifindex, address});
}

std::uint32_t Tables::first(std::uint32_t address_be) const {
    return address_be & ~second.vtep_bit_be;
}

std::uint32_t Tables::path(std::uint32_t vtep_be) const {
    const auto found = paths.find(vtep_be);
    return found == paths.end() || second.vtep_bit_be == 0 ? 0 : found->second.flags;
}

bool Tables::is_overlay(const Address &address) const {
    if (is_v4(address)) {
        std::uint32_t v4 = 0;
        std::memcpy(&v4, &address[12], sizeof(v4));
        if ((v4 & settings.vtep_mask_be) == settings.vtep_pool_be)
            return true;
    }
    return (settings.flags & COAX_SETTINGS_GUARD_SUBNETS) != 0 &&
           std::ranges::any_of(subnets,
                               [&](const coax_subnet_key &s) { return in_prefix(address, s); });
}

void put_tables(const test::BpfRun &program, const Tables &tables) {
    program.put("coax_settings", 0U, tables.settings);
    program.put("coax_second", 0U, tables.second);
    each_entry(tables, [&](const char *map, const auto &key, const auto &value) {
        program.put(map, key, value);
    });
}

void erase_tables(const test::BpfRun &program, const Tables &tables) {
    each_entry(tables,
               [&](const char *map, const auto &key, const auto &) { program.remove(map, key); });
}

void fill_buckets(const test::BpfRun &program, const Tables &tables) {
    for (const std::uint32_t ifindex : tables.port_states)
        program.put("coax_port_state", ifindex, coax_port_state{});
    for (const std::uint32_t vtep : tables.controls)
        program.put("coax_node_control", vtep, coax_node_control{});
    for (const std::uint32_t vtep : tables.reports)
        program.put("coax_path_reports", vtep, kNoReport);
}

} // namespace coax::fuzz
