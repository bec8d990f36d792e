// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "controller/distribution/wire_update.h"

namespace coax::controller {

/// Makes updates, each once for all agents that need the same: a storm of new agents shares one
/// snapshot, and those that keep up share every change.
/// One thread; the view outlives it.
class UpdateSource {
  public:
    struct Counts {
        std::uint64_t snapshots = 0; // that were built
        std::uint64_t changes = 0;   // the same of updates that are none
    };

    explicit UpdateSource(const ClusterView &view) : view_(view) {}

    /// May be a little older than the view: what follows is told as changes.
    const SharedUpdate &snapshot();
    /// From `position` up to now.
    const SharedUpdate &since(Position position);
    [[nodiscard]] const Counts &counts() const { return counts_; }

  private:
    [[nodiscard]] bool is_recent(const SharedUpdate &snapshot) const;

    const ClusterView &view_;
    Counts counts_;
    std::optional<SharedUpdate> snapshot_;
    Position made_at_;
    std::map<Position, SharedUpdate> changes_; // all up to `made_at_`
};

} // namespace coax::controller
