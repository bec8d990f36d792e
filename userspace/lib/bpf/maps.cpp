// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/maps.h"

namespace coax {
namespace {

template <typename Key, typename Value>
Result<PinnedMap> open_map(const std::filesystem::path &directory, const char *name) {
    return PinnedMap::open(directory / name, sizeof(Key), sizeof(Value));
}

const PinnedMap &map_of(const DatapathMaps &maps, TableId table) {
    switch (table) {
    case TableId::kNodes:
        return maps.nodes;
    case TableId::kPaths:
        return maps.paths;
    case TableId::kMembers:
        return maps.members;
    case TableId::kFlood:
        return maps.flood;
    case TableId::kNetworks:
        return maps.networks;
    case TableId::kFdb:
        return maps.fdb;
    case TableId::kSubnets:
        return maps.subnets;
    case TableId::kGuardMacs:
        return maps.guard_mac;
    case TableId::kGuardIps:
        return maps.guard_ip;
    case TableId::kPorts:
        return maps.ports;
    case TableId::kSecond:
        return maps.second;
    case TableId::kSettings:
        break;
    }
    return maps.settings;
}

std::vector<const PinnedMap *> companions_of(const DatapathMaps &maps, TableId table) {
    switch (table) {
    case TableId::kPorts:
        return {&maps.port_state, &maps.port_stats};
    case TableId::kNetworks:
        return {&maps.net_learned};
    case TableId::kNodes:
        return {&maps.node_stats, &maps.node_control, &maps.probes, &maps.path_reports};
    default:
        return {};
    }
}

Result<std::set<std::uint32_t>> keys_of(const PinnedMap &map) {
    std::set<std::uint32_t> keys;
    COAX_TRY(map.visit([&](const std::byte *key_bytes, const std::byte *) {
        std::uint32_t key = 0;
        std::memcpy(&key, key_bytes, sizeof(key));
        keys.insert(key);
    }));
    return keys;
}

Status repair_one(const std::set<std::uint32_t> &owners, const PinnedMap &companion) {
    COAX_ASSIGN_OR_RETURN(const auto present, keys_of(companion));
    for (const std::uint32_t key : owners) {
        if (!present.contains(key))
            COAX_TRY(companion.create_zeroed(bytes_of(key)));
    }
    for (const std::uint32_t key : present) {
        if (!owners.contains(key))
            COAX_TRY(companion.remove(bytes_of(key)));
    }
    return {};
}

/// Of a map with one entry.
template <typename Value>
Status read_only_entry(const PinnedMap &map, Value &value) {
    const std::uint32_t only = 0;
    COAX_TRY(map.lookup(bytes_of(only), std::as_writable_bytes(std::span<Value, 1>(&value, 1))));
    return {};
}

Result<Table<coax_fdb_key, coax_fdb_entry>> read_static_fdb(const PinnedMap &fdb) {
    Table<coax_fdb_key, coax_fdb_entry> table;
    COAX_TRY(fdb.visit([&](const std::byte *key_bytes, const std::byte *value_bytes) {
        coax_fdb_entry entry{};
        std::memcpy(&entry, value_bytes, sizeof(entry));
        if ((entry.flags & COAX_FDB_STATIC) == 0)
            return;
        coax_fdb_key key{};
        std::memcpy(&key, key_bytes, sizeof(key));
        table.insert_or_assign(key, entry);
    }));
    return table;
}

} // namespace

Result<DatapathMaps> open_maps(const std::filesystem::path &dir) {
    using U32 = std::uint32_t;
    using U8 = std::uint8_t;
    COAX_ASSIGN_OR_RETURN(auto abi, (open_map<U32, U32>(dir, "coax_abi")));
    COAX_ASSIGN_OR_RETURN(auto settings, (open_map<U32, coax_settings>(dir, "coax_settings")));
    COAX_ASSIGN_OR_RETURN(auto second, (open_map<U32, coax_second>(dir, "coax_second")));
    COAX_ASSIGN_OR_RETURN(auto ports, (open_map<U32, coax_port>(dir, "coax_ports")));
    COAX_ASSIGN_OR_RETURN(auto state, (open_map<U32, coax_port_state>(dir, "coax_port_state")));
    COAX_ASSIGN_OR_RETURN(auto pstats, (open_map<U32, coax_port_stats>(dir, "coax_port_stats")));
    COAX_ASSIGN_OR_RETURN(auto macs, (open_map<coax_guard_mac_key, U8>(dir, "coax_guard_mac")));
    COAX_ASSIGN_OR_RETURN(auto ips, (open_map<coax_guard_ip_key, U8>(dir, "coax_guard_ip")));
    COAX_ASSIGN_OR_RETURN(auto networks, (open_map<U32, coax_network>(dir, "coax_networks")));
    COAX_ASSIGN_OR_RETURN(auto learned, (open_map<U32, U32>(dir, "coax_net_learned")));
    COAX_ASSIGN_OR_RETURN(auto nodes, (open_map<U32, coax_node>(dir, "coax_nodes")));
    COAX_ASSIGN_OR_RETURN(auto nstats, (open_map<U32, coax_node_stats>(dir, "coax_node_stats")));
    COAX_ASSIGN_OR_RETURN(auto control,
                          (open_map<U32, coax_node_control>(dir, "coax_node_control")));
    COAX_ASSIGN_OR_RETURN(auto probes, (open_map<U32, coax_probe>(dir, "coax_probes")));
    COAX_ASSIGN_OR_RETURN(auto paths, (open_map<U32, coax_path>(dir, "coax_paths")));
    COAX_ASSIGN_OR_RETURN(auto reports,
                          (open_map<U32, coax_path_report>(dir, "coax_path_reports")));
    COAX_ASSIGN_OR_RETURN(auto members,
                          (open_map<coax_member_key, coax_member>(dir, "coax_members")));
    COAX_ASSIGN_OR_RETURN(auto flood, (open_map<coax_flood_key, coax_target>(dir, "coax_flood")));
    COAX_ASSIGN_OR_RETURN(auto fdb, (open_map<coax_fdb_key, coax_fdb_entry>(dir, "coax_fdb")));
    COAX_ASSIGN_OR_RETURN(auto subnets, (open_map<coax_subnet_key, U8>(dir, "coax_subnets")));
    COAX_ASSIGN_OR_RETURN(auto leases, (open_map<coax_lease_key, coax_lease>(dir, "coax_leases")));
    COAX_ASSIGN_OR_RETURN(auto drops, (open_map<U32, coax_count>(dir, "coax_drops")));
    COAX_ASSIGN_OR_RETURN(auto counters, (open_map<U32, coax_count>(dir, "coax_counters")));
    return DatapathMaps{
        std::move(abi),      std::move(settings), std::move(second),  std::move(ports),
        std::move(state),    std::move(pstats),   std::move(macs),    std::move(ips),
        std::move(networks), std::move(learned),  std::move(nodes),   std::move(nstats),
        std::move(control),  std::move(probes),   std::move(paths),   std::move(reports),
        std::move(members),  std::move(flood),    std::move(fdb),     std::move(subnets),
        std::move(leases),   std::move(drops),    std::move(counters)};
}

std::map<std::string, std::uint32_t> table_capacities(const DatapathMaps &maps) {
    std::map<std::string, std::uint32_t> capacities;
    for (const PinnedMap *map :
         {&maps.ports, &maps.guard_mac, &maps.guard_ip, &maps.networks, &maps.nodes, &maps.paths,
          &maps.members, &maps.flood, &maps.fdb, &maps.subnets})
        capacities.emplace(map->name(), map->max_entries());
    return capacities;
}

Result<DatapathTables> read_all(const DatapathMaps &maps) {
    DatapathTables tables;
    COAX_TRY(read_only_entry(maps.settings, tables.settings));
    COAX_TRY(read_only_entry(maps.second, tables.second));
    using U32 = std::uint32_t;
    using U8 = std::uint8_t;
    COAX_ASSIGN_OR_RETURN(tables.ports, (read_table<U32, coax_port>(maps.ports)));
    COAX_ASSIGN_OR_RETURN(tables.guard_macs, (read_table<coax_guard_mac_key, U8>(maps.guard_mac)));
    COAX_ASSIGN_OR_RETURN(tables.guard_ips, (read_table<coax_guard_ip_key, U8>(maps.guard_ip)));
    COAX_ASSIGN_OR_RETURN(tables.networks, (read_table<U32, coax_network>(maps.networks)));
    COAX_ASSIGN_OR_RETURN(tables.nodes, (read_table<U32, coax_node>(maps.nodes)));
    COAX_ASSIGN_OR_RETURN(tables.paths, (read_table<U32, coax_path>(maps.paths)));
    COAX_ASSIGN_OR_RETURN(tables.members, (read_table<coax_member_key, coax_member>(maps.members)));
    COAX_ASSIGN_OR_RETURN(tables.flood, (read_table<coax_flood_key, coax_target>(maps.flood)));
    COAX_ASSIGN_OR_RETURN(tables.static_fdb, read_static_fdb(maps.fdb));
    COAX_ASSIGN_OR_RETURN(tables.subnets, (read_table<coax_subnet_key, U8>(maps.subnets)));
    return tables;
}

Status repair_companions(const DatapathMaps &maps) {
    for (const TableId table : {TableId::kPorts, TableId::kNetworks, TableId::kNodes}) {
        COAX_ASSIGN_OR_RETURN(const auto owners, keys_of(map_of(maps, table)));
        for (const PinnedMap *companion : companions_of(maps, table))
            COAX_TRY(repair_one(owners, *companion));
    }
    return {};
}

Status MapWriter::set(TableId table, Bytes key, Bytes value) {
    // Companions first: BPF must not see a port it cannot count for.
    for (const PinnedMap *companion : companions_of(maps_, table))
        COAX_TRY(companion->create_zeroed(key));
    return map_of(maps_, table).set(key, value);
}

Status MapWriter::remove(TableId table, Bytes key) {
    COAX_TRY(map_of(maps_, table).remove(key));
    for (const PinnedMap *companion : companions_of(maps_, table))
        COAX_TRY(companion->remove(key));
    return {};
}

} // namespace coax
