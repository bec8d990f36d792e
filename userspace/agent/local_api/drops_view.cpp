// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "agent/local_api/views.h"

namespace coax {
namespace {

// WireGuard counts packets only.
coax_count rejected_by_wireguard(const ViewSource &source) {
    coax_count count{};
    for (const LaneStatus &lane : source.reconciler.lanes().status()) {
        if (const auto rejected = source.wireguard.rejected_sources(lane.device); rejected.ok())
            count.packets += *rejected;
    }
    return count;
}

} // namespace

Result<Datapath::Drops> all_drops(const ViewSource &source) {
    COAX_ASSIGN_OR_RETURN(Datapath::Drops counts, source.datapath.drops());
    counts[COAX_HOOK_WIREGUARD][COAX_DROP_WG_SOURCE] = rejected_by_wireguard(source);
    return counts;
}

Result<api::Drops> drops_view(const ViewSource &source, bool all) {
    COAX_ASSIGN_OR_RETURN(const Datapath::Drops counts, all_drops(source));
    std::vector<api::DropCount> rows;
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        for (std::uint32_t reason = COAX_DROP_NONE + 1; reason < COAX_DROP_REASONS_COUNT;
             ++reason) {
            const coax_count &count = counts[hook][reason];
            if (count.packets == 0 && !all)
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
