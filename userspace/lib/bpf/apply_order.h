// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/bpf/datapath.h"

namespace coax {

/// The tables of DatapathTables, in the order in which additions are written.
enum class TableId {
    kSecond,
    kNodes,
    kPaths,
    kMembers,
    kFlood,
    kNetworks,
    kFdb,
    kSubnets,
    kGuardMacs,
    kGuardIps,
    kPorts,
    kSettings,
};

using Bytes = std::span<const std::byte>;

template <typename T>
Bytes bytes_of(const T &value) {
    return std::as_bytes(std::span<const T, 1>(&value, 1));
}

/// Where single writes go: BPF maps, or memory in a test.
class TableWriter {
  public:
    virtual ~TableWriter() = default;
    virtual Status set(TableId table, Bytes key, Bytes value) = 0;
    virtual Status remove(TableId table, Bytes key) = 0; // absent is success
};

/// Writes `delta` so that at every moment each entry finds what it refers to. Stops at the first
/// error, which names table and key.
Status apply_in_order(const DatapathDelta &delta, TableWriter &writer);

/// Name of the map that holds `table`, as bpftool shows it.
std::string_view table_name(TableId table);

/// "vni 100 mac 02:00:5e:00:53:01": the key as an operator reads it.
std::string key_text(TableId table, Bytes key);

} // namespace coax
