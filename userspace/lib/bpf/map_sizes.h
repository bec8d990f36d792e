// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/bpf/datapath.h"

namespace coax {

/// The option that sizes a map, and the entries it asks for.
struct MapSize {
    std::string_view option;
    std::uint32_t entries = 0;
};

/// Absent for maps whose size is fixed (bpf/lib/maps.bpf.h).
std::optional<MapSize> configured_size(std::string_view map, const MapSizes &sizes);

} // namespace coax
