// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/flood.h"

#include <set>

namespace coax {

void place_flood_targets(Vni vni, std::uint32_t first, const std::vector<coax_target> &wanted,
                         const Table<coax_flood_key, coax_target> &previous,
                         Table<coax_flood_key, coax_target> &out) {
    std::set<coax_target, BytesLess<coax_target>> missing(wanted.begin(), wanted.end());
    const auto end = first + static_cast<std::uint32_t>(wanted.size());
    for (std::uint32_t index = first; index < end; ++index) {
        const coax_flood_key key{vni.value(), index};
        const auto old = previous.find(key);
        if (old != previous.end() && missing.erase(old->second) > 0)
            out[key] = old->second;
    }
    std::uint32_t index = first;
    for (const coax_target &target : wanted) {
        if (missing.erase(target) == 0)
            continue;
        while (out.contains({vni.value(), index}))
            ++index;
        out[{vni.value(), index}] = target;
    }
}

} // namespace coax
