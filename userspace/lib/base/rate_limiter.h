// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "lib/base/clock.h"

namespace coax {

/// Token bucket for log lines and other reactions that a peer can cause: `burst` at once, then one
/// per `interval`. Not thread-safe: one per event, owned by the module that reports it.
class RateLimiter {
  public:
    /// `clock` outlives the limiter; burst >= 1, interval > 0.
    RateLimiter(const Clock &clock, std::uint32_t burst, std::chrono::nanoseconds interval);

    /// Absent: hold it back. Present: go on; the value is how many were held back since the last.
    [[nodiscard]] std::optional<std::uint64_t> admit();

  private:
    void refill();

    const Clock &clock_;
    std::uint32_t burst_;
    std::chrono::nanoseconds interval_;
    std::uint32_t tokens_;
    std::chrono::steady_clock::time_point refilled_at_;
    std::uint64_t held_back_ = 0;
};

} // namespace coax
