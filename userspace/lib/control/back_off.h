// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace coax {

/// Full jitter: each pause is random between nothing and a limit that doubles. Many clients that
/// lost the same server come back spread out, however often it fails.
class BackOff {
  public:
    using Milliseconds = std::chrono::milliseconds;

    BackOff(Milliseconds from, Milliseconds to) : from_(from), to_(to), limit_(from) {}

    /// The next pause; `random` is any number.
    Milliseconds pause(std::uint32_t random) {
        const auto span = static_cast<std::uint64_t>(limit_.count()) + 1;
        limit_ = std::min(limit_ * 2, to_);
        return Milliseconds(random % span);
    }
    void reset() { limit_ = from_; }
    void to_longest() { limit_ = to_; }
    [[nodiscard]] Milliseconds limit() const { return limit_; }

  private:
    Milliseconds from_;
    Milliseconds to_;
    Milliseconds limit_;
};

} // namespace coax
