// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "controller/distribution/update_source.h"

namespace coax::controller {

/// What one agent still has to be sent. Not a queue: while the agent is slow nothing is kept for it
/// but a position; the next update is made of what is there when it can take one.
/// One thread; the view and the source outlive it.
class Feed {
  public:
    /// `has`: the revision up to which the agent has everything; absent: nothing.
    Feed(const ClusterView &view, NodeId node, std::optional<Revision> has);

    /// Whether there is something to send of what was there at `published`.
    [[nodiscard]] bool has_next(Position published) const;
    /// Only while has_next().
    WireMessage next(UpdateSource &source, const std::string &store_id);
    /// What was told last, whole or in part.
    [[nodiscard]] Revision revision() const { return revision_; }
    /// Updates that carried more than one change.
    [[nodiscard]] std::uint64_t merged() const { return merged_; }
    [[nodiscard]] std::uint64_t updates() const { return updates_; }

  private:
    void make(UpdateSource &source, const std::string &store_id);

    const ClusterView &view_;
    NodeId node_;
    Position position_; // 0: a snapshot is next
    bool tell_gone_ = false;
    Revision revision_;
    std::uint64_t merged_ = 0;
    std::uint64_t updates_ = 0;
    std::deque<WireMessage> unsent_; // of one update
};

} // namespace coax::controller
