// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/map_sizes.h"

namespace coax {

std::optional<MapSize> configured_size(std::string_view map, const MapSizes &sizes) {
    if (map == "coax_fdb")
        return MapSize{"overlay.fdb_entries", sizes.fdb_entries};
    if (map == "coax_members" || map == "coax_flood")
        return MapSize{"overlay.member_entries", sizes.member_entries};
    if (map == "coax_guard_mac" || map == "coax_guard_ip")
        return MapSize{"overlay.guard_entries", sizes.guard_entries};
    return std::nullopt;
}

} // namespace coax
