// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controller/distribution/cluster_view.h"

namespace coax::controller {

/// Encoded fields of Update that many agents are sent as they are.
using SharedFields = std::shared_ptr<const std::string>;

/// A ToAgent message with an update, encoded. What is the same for all agents is not copied.
struct WireMessage {
    std::string head;
    SharedFields fields; // may be null
    std::string tail;
    [[nodiscard]] std::size_t bytes() const {
        return head.size() + (fields ? fields->size() : 0) + tail.size();
    }
};

/// Parts of an update, without what is only for one agent: everything from `since` on up to
/// `position`.
struct SharedUpdate {
    Position since; // 0: a snapshot
    Position position;
    Revision revision;
    std::vector<SharedFields> parts; // may be empty
};

constexpr std::size_t kPartBytes = std::size_t{256} * 1024;

/// `since` 0: a snapshot. A part is at most `part_bytes` long, or has one field that is longer.
SharedUpdate collect_update(const ClusterView &view, Position since,
                            std::size_t part_bytes = kPartBytes);

/// The messages of an update for one agent. `own_fields`: what only it is told; in the last message.
std::vector<WireMessage> wire_messages(const SharedUpdate &update, const std::string &store_id,
                                       const std::string &own_fields);

} // namespace coax::controller
