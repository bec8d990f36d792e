// SPDX-License-Identifier: Apache-2.0
#include "lib/base/rate_limiter.h"

#include <utility>

namespace coax {

RateLimiter::RateLimiter(const Clock &clock, std::uint32_t burst, std::chrono::nanoseconds interval)
    : clock_(clock),
      burst_(burst),
      interval_(interval),
      tokens_(burst),
      refilled_at_(clock.monotonic_now()) {}

std::optional<std::uint64_t> RateLimiter::admit() {
    refill();
    if (tokens_ == 0) {
        ++held_back_;
        return std::nullopt;
    }
    --tokens_;
    return std::exchange(held_back_, 0);
}

void RateLimiter::refill() {
    const auto now = clock_.monotonic_now();
    const auto earned = (now - refilled_at_) / interval_;
    if (earned <= 0)
        return;
    if (earned >= static_cast<std::int64_t>(burst_ - tokens_)) {
        tokens_ = burst_;
        refilled_at_ = now;
        return;
    }
    tokens_ += static_cast<std::uint32_t>(earned);
    refilled_at_ += earned * interval_;
}

} // namespace coax
