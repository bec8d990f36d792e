// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/bpf/maps.h"

namespace coax {

// Sums over all CPUs.
Result<Datapath::Drops> read_drops(const PinnedMap &drops);
Result<std::array<coax_count, COAX_COUNTERS_COUNT>> read_counters(const PinnedMap &counters);
Result<std::map<std::uint32_t, std::uint32_t>> read_learned_counts(const PinnedMap &learned);
Result<std::map<std::uint32_t, coax_port_stats>> read_port_stats(const PinnedMap &stats);
Result<std::map<std::uint32_t, coax_node_stats>> read_node_stats(const PinnedMap &stats);
Result<std::map<std::uint32_t, NodeContact>> read_contacts(const DatapathMaps &maps,
                                                           const Datapath::ContactsOf &of);

} // namespace coax
