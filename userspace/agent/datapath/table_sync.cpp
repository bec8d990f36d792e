// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/table_sync.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/bpf/apply_order.h"

namespace coax {
namespace {

constexpr std::size_t kNearlyFullPercent = 90;

std::map<std::string, std::size_t> sizes_of(const DatapathTables &tables) {
    std::map<std::string, std::size_t> sizes;
    const auto put = [&](TableId table, std::size_t size) {
        sizes.emplace(table_name(table), size);
    };
    put(TableId::kNodes, tables.nodes.size());
    put(TableId::kPaths, tables.paths.size());
    put(TableId::kMembers, tables.members.size());
    put(TableId::kFlood, tables.flood.size());
    put(TableId::kNetworks, tables.networks.size());
    put(TableId::kFdb, tables.static_fdb.size());
    put(TableId::kSubnets, tables.subnets.size());
    put(TableId::kGuardMacs, tables.guard_macs.size());
    put(TableId::kGuardIps, tables.guard_ips.size());
    put(TableId::kPorts, tables.ports.size());
    return sizes;
}

} // namespace

Status TableSync::apply(const DesiredState &state, const ResolvedLinks &links, const Keys &keys,
                        std::uint32_t inner_mtu, Pass &pass) {
    COAX_ASSIGN_OR_RETURN(const DatapathTables actual, datapath_.read_tables());
    DatapathTables desired = tables_for({state, links, inner_mtu, has_decap_l3_, actual.flood});
    desired.paths = paths_for(state, keys.own, actual.paths, keys.sessions);
    paths_ = desired.paths;
    const DatapathDelta delta = diff(actual, desired);
    static_entries_ = desired.static_fdb.size();
    sizes_ = sizes_of(desired);
    report(state, desired, pass);
    if (delta.size() == 0)
        return {};
    COAX_TRY(datapath_.apply(delta));
    if (delta.paths.size() != 0)
        pass.changed("paths.moved", {{"peers", delta.paths.size()}}, 0);
    pass.changed("tables.written", {{"writes", delta.size()}},
                 static_cast<std::uint32_t>(delta.size()));
    return {};
}

Result<std::size_t> TableSync::sweep(const DesiredState &state) {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
        clock_.monotonic_now().time_since_epoch());
    const auto limit = now - std::chrono::nanoseconds(state.overlay.fdb_age);
    const auto older_than = static_cast<std::uint64_t>(std::max<std::int64_t>(limit.count(), 0));
    COAX_ASSIGN_OR_RETURN(const std::size_t aged, datapath_.age(older_than));
    COAX_ASSIGN_OR_RETURN(const auto learned, datapath_.learned());
    learned_entries_ = learned.size();
    return aged;
}

std::size_t TableSync::fdb_capacity() const {
    return datapath_.capacities().at("coax_fdb");
}

void TableSync::report(const DesiredState &state, const DatapathTables &tables, Pass &pass) const {
    const std::size_t capacity = fdb_capacity();
    if ((static_entries_ + learned_entries_) * 100 > capacity * kNearlyFullPercent)
        pass.degraded("fdb.nearly_full",
                      fmt::format("the FDB, a table of {} entries, is more than {} % full; new "
                                  "addresses will be flooded. Raise overlay.fdb_entries, or lower "
                                  "learn_limit",
                                  capacity, kNearlyFullPercent));
    for (const auto &[vni, network] : tables.networks) {
        if (std::max(network.local_targets, network.remote_targets) == COAX_FLOOD_TARGETS_MAX)
            pass.degraded(
                "flood.truncated",
                fmt::format(
                    "network {} has {} local or remote flood targets, the most there can be; "
                    "broadcasts may not reach every member",
                    state.networks.at(Vni(vni)).name, COAX_FLOOD_TARGETS_MAX));
    }
}

} // namespace coax
