// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/datapath.h"

namespace coax {
namespace {

template <typename Key, typename Value>
TableDelta<Key, Value> diff_table(const Table<Key, Value> &actual,
                                  const Table<Key, Value> &desired) {
    TableDelta<Key, Value> delta;
    for (const auto &[key, value] : desired) {
        const auto found = actual.find(key);
        if (found == actual.end() || std::memcmp(&found->second, &value, sizeof(Value)) != 0)
            delta.set.emplace(key, value);
    }
    for (const auto &[key, value] : actual) {
        if (!desired.contains(key))
            delta.remove.push_back(key);
    }
    return delta;
}

} // namespace

DatapathDelta diff(const DatapathTables &actual, const DatapathTables &desired) {
    DatapathDelta delta;
    if (std::memcmp(&actual.settings, &desired.settings, sizeof(coax_settings)) != 0)
        delta.settings = desired.settings;
    if (std::memcmp(&actual.second, &desired.second, sizeof(coax_second)) != 0)
        delta.second = desired.second;
    delta.ports = diff_table(actual.ports, desired.ports);
    delta.guard_macs = diff_table(actual.guard_macs, desired.guard_macs);
    delta.guard_ips = diff_table(actual.guard_ips, desired.guard_ips);
    delta.networks = diff_table(actual.networks, desired.networks);
    delta.nodes = diff_table(actual.nodes, desired.nodes);
    delta.paths = diff_table(actual.paths, desired.paths);
    delta.members = diff_table(actual.members, desired.members);
    delta.flood = diff_table(actual.flood, desired.flood);
    delta.static_fdb = diff_table(actual.static_fdb, desired.static_fdb);
    delta.subnets = diff_table(actual.subnets, desired.subnets);
    return delta;
}

std::size_t DatapathDelta::size() const {
    return (settings ? 1U : 0U) + (second ? 1U : 0U) + ports.size() + guard_macs.size() +
           guard_ips.size() + networks.size() + nodes.size() + paths.size() + members.size() +
           flood.size() + static_fdb.size() + subnets.size();
}

} // namespace coax
