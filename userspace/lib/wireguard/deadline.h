// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace coax {

/// A point in time by which a blocking call has to end.
class Deadline {
  public:
    static Deadline in(std::chrono::milliseconds span) {
        return Deadline(std::chrono::steady_clock::now() + span);
    }
    [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= end_; }
    /// For poll(): at least 0, rounded up.
    [[nodiscard]] int remaining_ms() const {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
        return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
    }

  private:
    explicit Deadline(std::chrono::steady_clock::time_point end) : end_(end) {}
    std::chrono::steady_clock::time_point end_;
};

} // namespace coax
