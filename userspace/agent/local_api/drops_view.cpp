// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "agent/local_api/views.h"

namespace coax {

Result<std::uint64_t> rejected_sources(const ViewSource &source) {
    std::uint64_t sum = 0;
    for (const LaneStatus &lane : source.reconciler.lanes().status()) {
        COAX_ASSIGN_OR_RETURN(const std::uint64_t packets,
                              source.wireguard.rejected_sources(lane.device));
        sum += packets;
    }
    return sum;
}

Result<api::Drops> drops_view(const ViewSource &source, bool all) {
    COAX_ASSIGN_OR_RETURN(Datapath::Drops counts, source.datapath.drops());
    const auto rejected = rejected_sources(source);
    if (rejected.ok())
        counts[COAX_HOOK_WIREGUARD][COAX_DROP_WG_SOURCE].packets = *rejected;
    std::vector<api::DropCount> rows;
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        for (std::uint32_t reason = COAX_DROP_NONE + 1; reason < COAX_DROP_REASONS_COUNT;
             ++reason) {
            const coax_count &count = counts[hook][reason];
            const bool is_unknown =
                hook == COAX_HOOK_WIREGUARD && reason == COAX_DROP_WG_SOURCE && !rejected.ok();
            if (is_unknown || (count.packets == 0 && !all))
                continue;
            api::DropCount &row = rows.emplace_back();
            row.set_hook(std::string(hook_label(hook)));
            row.set_reason(std::string(drop_reason_label(reason)));
            row.set_text(std::string(drop_reason_text(reason)));
            row.set_packets(count.packets);
            row.set_bytes(count.bytes);
        }
    }
    std::ranges::stable_sort(rows, std::greater{}, &api::DropCount::packets);
    api::Drops drops;
    for (api::DropCount &row : rows)
        *drops.add_drops() = std::move(row);
    return drops;
}

} // namespace coax
