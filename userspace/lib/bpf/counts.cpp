// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/counts.h"

#include <algorithm>

namespace coax {
namespace {

void add(coax_count &sum, const coax_count &part) {
    sum.packets += part.packets;
    sum.bytes += part.bytes;
}

void add(coax_port_stats &sum, const coax_port_stats &part) {
    sum.rx_packets += part.rx_packets;
    sum.rx_bytes += part.rx_bytes;
    sum.tx_packets += part.tx_packets;
    sum.tx_bytes += part.tx_bytes;
}

void add(coax_node_stats &sum, const coax_node_stats &part) {
    sum.rx_packets += part.rx_packets;
    sum.rx_bytes += part.rx_bytes;
    sum.tx_packets += part.tx_packets;
    sum.tx_bytes += part.tx_bytes;
    sum.last_rx_ns = std::max(sum.last_rx_ns, part.last_rx_ns);
}

template <typename Value>
using Sums = std::map<std::uint32_t, Value>;

/// A visitor of a per-CPU map that puts the sum of each entry into `sums`, which must outlive it.
template <typename Value>
PinnedMap::Visitor sum_into(Sums<Value> &sums, std::size_t span_bytes) {
    return [&sums, span_bytes](const std::byte *key_bytes, const std::byte *value_bytes) {
        std::uint32_t key = 0;
        std::memcpy(&key, key_bytes, sizeof(key));
        Value sum{};
        for_each_cpu<Value>({value_bytes, span_bytes}, [&](const Value &part) { add(sum, part); });
        sums.insert_or_assign(key, sum);
    };
}

/// Every entry of a per-CPU map with its sum.
template <typename Value>
Result<Sums<Value>> read_sums(const PinnedMap &map) {
    Sums<Value> sums;
    COAX_TRY(map.visit(sum_into(sums, map.value_span_bytes())));
    return sums;
}

} // namespace

Result<Datapath::Drops> read_drops(const PinnedMap &drops) {
    COAX_ASSIGN_OR_RETURN(const auto sums, read_sums<coax_count>(drops));
    Datapath::Drops result{};
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        for (std::uint32_t reason = 0; reason < COAX_DROP_REASONS_COUNT; ++reason) {
            const auto found = sums.find(coax_drop_index(hook, reason));
            if (found != sums.end())
                result[hook][reason] = found->second;
        }
    }
    return result;
}

Result<std::array<coax_count, COAX_COUNTERS_COUNT>> read_counters(const PinnedMap &counters) {
    COAX_ASSIGN_OR_RETURN(const auto sums, read_sums<coax_count>(counters));
    std::array<coax_count, COAX_COUNTERS_COUNT> result{};
    for (const auto &[index, sum] : sums) {
        if (index < result.size())
            result[index] = sum;
    }
    return result;
}

Result<std::map<std::uint32_t, std::uint32_t>> read_learned_counts(const PinnedMap &learned) {
    std::map<std::uint32_t, std::uint32_t> counts;
    COAX_TRY(learned.visit([&](const std::byte *key_bytes, const std::byte *value_bytes) {
        std::uint32_t vni = 0;
        std::uint32_t count = 0;
        std::memcpy(&vni, key_bytes, sizeof(vni));
        std::memcpy(&count, value_bytes, sizeof(count));
        counts.insert_or_assign(vni, count);
    }));
    return counts;
}

Result<std::map<std::uint32_t, coax_port_stats>> read_port_stats(const PinnedMap &stats) {
    return read_sums<coax_port_stats>(stats);
}

Result<std::map<std::uint32_t, coax_node_stats>> read_node_stats(const PinnedMap &stats) {
    return read_sums<coax_node_stats>(stats);
}

Result<std::map<std::uint32_t, NodeContact>> read_contacts(const DatapathMaps &maps,
                                                           const Datapath::ContactsOf &of) {
    Sums<coax_node_stats> stats;
    Table<std::uint32_t, coax_node_control> controls;
    Table<std::uint32_t, coax_path_report> reports;
    COAX_TRY(maps.node_stats.visit_some(of.vteps_be,
                                        sum_into(stats, maps.node_stats.value_span_bytes())));
    COAX_TRY(maps.node_control.visit_some(of.vteps_be, into(controls)));
    if (of.paths)
        COAX_TRY(maps.path_reports.visit_some(of.vteps_be, into(reports)));
    std::map<std::uint32_t, NodeContact> contacts;
    for (const auto &[vtep_be, sum] : stats)
        contacts[vtep_be].last_rx_ns = sum.last_rx_ns;
    for (const auto &[vtep_be, control] : controls) {
        contacts[vtep_be].answered = control.answered;
        contacts[vtep_be].rtt_ns = control.rtt_ns;
    }
    for (const auto &[vtep_be, report] : reports) {
        contacts[vtep_be].path_asked_ns = report.sent_ns;
        contacts[vtep_be].path = report.flags;
    }
    return contacts;
}

} // namespace coax
