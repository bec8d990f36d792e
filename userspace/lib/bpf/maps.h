// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>

#include "lib/bpf/pinned_map.h"

namespace coax {

/// Every pinned map of an instance.
struct DatapathMaps {
    PinnedMap abi;
    PinnedMap settings;
    PinnedMap second;
    PinnedMap ports;
    PinnedMap port_state;
    PinnedMap port_stats;
    PinnedMap guard_mac;
    PinnedMap guard_ip;
    PinnedMap networks;
    PinnedMap net_learned;
    PinnedMap nodes;
    PinnedMap node_stats;
    PinnedMap node_control;
    PinnedMap probes;
    PinnedMap paths;
    PinnedMap path_reports;
    PinnedMap members;
    PinnedMap flood;
    PinnedMap fdb;
    PinnedMap subnets;
    PinnedMap leases;
    PinnedMap drops;
    PinnedMap counters;
};

/// Opens the maps pinned in `directory`.
Result<DatapathMaps> open_maps(const std::filesystem::path &directory);

/// Entries that fit each map the agent fills, by name.
std::map<std::string, std::uint32_t> table_capacities(const DatapathMaps &maps);

/// What the agent owns, as the maps hold it now.
Result<DatapathTables> read_all(const DatapathMaps &maps);

/// Ports, networks and nodes have entries beside them that BPF counts in: creates those that are
/// missing and deletes those that belong to nothing (an agent died between two writes).
Status repair_companions(const DatapathMaps &maps);

/// Writes to the maps; an entry of ports, networks or nodes comes and goes with its companions.
class MapWriter final : public TableWriter {
  public:
    explicit MapWriter(const DatapathMaps &maps) : maps_(maps) {}
    Status set(TableId table, Bytes key, Bytes value) override;
    Status remove(TableId table, Bytes key) override;

  private:
    const DatapathMaps &maps_;
};

} // namespace coax
