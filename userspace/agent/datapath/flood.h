// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "lib/bpf/datapath.h"

namespace coax {

/// Pure. Places `wanted` at the indices [first, first + wanted.size()) of network `vni`: a target that
/// `previous` has in that range stays where it is, the others fill the gaps in the order given. So
/// that removing one member rewrites one or two entries, and a frame being flooded meanwhile is
/// copied to everybody else exactly once in nearly every case.
void place_flood_targets(Vni vni, std::uint32_t first, const std::vector<coax_target> &wanted,
                         const Table<coax_flood_key, coax_target> &previous,
                         Table<coax_flood_key, coax_target> &out);

} // namespace coax
