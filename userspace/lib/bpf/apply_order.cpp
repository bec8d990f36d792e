// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/apply_order.h"

#include <fmt/format.h>

namespace coax {
namespace {

Error at(const Error &error, std::string_view doing, TableId table, Bytes key) {
    return error.with_context(
        fmt::format("{} {} [{}]", doing, table_name(table), key_text(table, key)));
}

Status set_one(TableWriter &writer, TableId table, Bytes key, Bytes value) {
    if (const auto written = writer.set(table, key, value); !written.ok())
        return at(written.error(), "write", table, key);
    return {};
}

template <typename Key, typename Value>
Status set_all(TableWriter &writer, TableId table, const TableDelta<Key, Value> &delta) {
    for (const auto &[key, value] : delta.set)
        COAX_TRY(set_one(writer, table, bytes_of(key), bytes_of(value)));
    return {};
}

template <typename Key, typename Value>
Status remove_all(TableWriter &writer, TableId table, const TableDelta<Key, Value> &delta) {
    for (const auto &key : delta.remove) {
        if (const auto removed = writer.remove(table, bytes_of(key)); !removed.ok())
            return at(removed.error(), "remove from", table, bytes_of(key));
    }
    return {};
}

/// The value of a map with one entry, when it changes.
template <typename Value>
Status set_only(TableWriter &writer, TableId table, const std::optional<Value> &value) {
    const std::uint32_t only = 0;
    return value ? set_one(writer, table, bytes_of(only), bytes_of(*value)) : Status();
}

Status write_additions(const DatapathDelta &delta, TableWriter &writer) {
    COAX_TRY(set_only(writer, TableId::kSecond, delta.second));
    COAX_TRY(set_all(writer, TableId::kNodes, delta.nodes));
    COAX_TRY(set_all(writer, TableId::kPaths, delta.paths));
    COAX_TRY(set_all(writer, TableId::kMembers, delta.members));
    COAX_TRY(set_all(writer, TableId::kFlood, delta.flood));
    COAX_TRY(set_all(writer, TableId::kNetworks, delta.networks));
    COAX_TRY(set_all(writer, TableId::kFdb, delta.static_fdb));
    COAX_TRY(set_all(writer, TableId::kSubnets, delta.subnets));
    COAX_TRY(set_all(writer, TableId::kGuardMacs, delta.guard_macs));
    COAX_TRY(set_all(writer, TableId::kGuardIps, delta.guard_ips));
    COAX_TRY(set_all(writer, TableId::kPorts, delta.ports));
    return set_only(writer, TableId::kSettings, delta.settings);
}

Status write_removals(const DatapathDelta &delta, TableWriter &writer) {
    COAX_TRY(remove_all(writer, TableId::kPorts, delta.ports));
    COAX_TRY(remove_all(writer, TableId::kGuardIps, delta.guard_ips));
    COAX_TRY(remove_all(writer, TableId::kGuardMacs, delta.guard_macs));
    COAX_TRY(remove_all(writer, TableId::kSubnets, delta.subnets));
    COAX_TRY(remove_all(writer, TableId::kFdb, delta.static_fdb));
    COAX_TRY(remove_all(writer, TableId::kNetworks, delta.networks));
    COAX_TRY(remove_all(writer, TableId::kFlood, delta.flood));
    COAX_TRY(remove_all(writer, TableId::kMembers, delta.members));
    COAX_TRY(remove_all(writer, TableId::kPaths, delta.paths));
    return remove_all(writer, TableId::kNodes, delta.nodes);
}

} // namespace

Status apply_in_order(const DatapathDelta &delta, TableWriter &writer) {
    COAX_TRY(write_additions(delta, writer));
    return write_removals(delta, writer);
}

} // namespace coax
