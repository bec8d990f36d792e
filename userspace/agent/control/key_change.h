// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/types.h"

namespace coax {

/// What is known of one peer while the keys of this node change.
struct ChangingPeer {
    NodeId id;
    std::string name;
    bool dead = false;           // silent, and asked often enough
    bool sends_to_next = false;  // its data path said so after the change began
    bool sent_from_next = false; // by ours
};

/// What the end of a change waits for.
struct ChangeWait {
    std::string peer;
    std::string why;
    bool operator==(const ChangeWait &) const = default;
};

/// Decides when the old keys of a node may go: when nothing is sent with them any more in either
/// direction, and what is under way has arrived. Pure: time comes in by the clock.
/// A peer that is dead is waited for, but not for ever: it learns the keys from a controller.
class KeyChange {
  public:
    static constexpr std::chrono::seconds kLinger{3}; // for what is under way
    static constexpr std::chrono::hours kDeadWait{1};

    /// A change begins, or is found going on by an agent that starts.
    explicit KeyChange(const Clock &clock) : clock_(clock), began_(clock.monotonic_now()) {}

    /// `peers`: all of them, as they are now. True: the old keys may go.
    bool may_end(const std::vector<ChangingPeer> &peers);

    [[nodiscard]] std::chrono::steady_clock::time_point began() const { return began_; }
    /// As of the last call.
    [[nodiscard]] const std::vector<ChangeWait> &waits() const { return waits_; }

  private:
    const Clock &clock_;
    std::chrono::steady_clock::time_point began_;
    std::optional<std::chrono::steady_clock::time_point> quiet_since_; // nobody is waited for
    std::vector<ChangeWait> waits_;
};

} // namespace coax
