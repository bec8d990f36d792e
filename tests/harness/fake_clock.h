// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "lib/base/clock.h"

namespace coax {

/// A clock that moves only when told. Not thread-safe.
class FakeClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point monotonic_now() const override {
        return monotonic_;
    }
    [[nodiscard]] BootClock::time_point boot_now() const override { return boot_; }
    [[nodiscard]] std::chrono::system_clock::time_point system_now() const override {
        return system_;
    }

    /// Time passes on all three clocks.
    void advance(std::chrono::nanoseconds by) {
        monotonic_ += by;
        suspend(by);
    }
    /// The machine sleeps: the monotonic clock stands still.
    void suspend(std::chrono::nanoseconds by) {
        boot_ += by;
        system_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
    }
    /// Someone sets the wall clock.
    void set_system(std::chrono::system_clock::time_point now) { system_ = now; }

  private:
    // Away from zero, so that "an hour ago" exists.
    std::chrono::steady_clock::time_point monotonic_{std::chrono::hours(1000)};
    BootClock::time_point boot_{std::chrono::hours(2000)};
    std::chrono::system_clock::time_point system_{std::chrono::hours(480000)};
};

} // namespace coax
