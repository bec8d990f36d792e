// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/update_source.h"

#include <algorithm>

namespace coax::controller {
namespace {

// Sending a change to one agent costs less than a new snapshot for all, up to about here.
constexpr std::uint64_t kChangesAlways = 64;
constexpr std::uint64_t kChangesPart = 8; // of the nodes

} // namespace

bool UpdateSource::is_recent(const SharedUpdate &snapshot) const {
    const std::uint64_t behind = view_.now().value() - snapshot.position.value();
    return !view_.is_too_old(snapshot.position) &&
           behind <= std::max<std::uint64_t>(kChangesAlways, view_.nodes() / kChangesPart);
}

const SharedUpdate &UpdateSource::snapshot() {
    if (!snapshot_ || !is_recent(*snapshot_)) {
        snapshot_ = collect_update(view_, {});
        ++counts_.snapshots;
    }
    return *snapshot_;
}

const SharedUpdate &UpdateSource::since(Position position) {
    if (made_at_ != view_.now()) {
        changes_.clear();
        made_at_ = view_.now();
    }
    const auto [place, fresh] = changes_.try_emplace(position);
    if (fresh) {
        place->second = collect_update(view_, position);
        ++counts_.changes;
    }
    return place->second;
}

} // namespace coax::controller
