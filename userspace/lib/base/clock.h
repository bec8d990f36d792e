// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace coax {

/// CLOCK_BOOTTIME: like the monotonic clock, but counts while suspended. Deadlines in BPF maps use
/// it (bpf_ktime_get_boot_ns).
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<BootClock>;
};

/// Where modules take the time from; tests pass FakeClock (tests/harness/fake_clock.h).
/// Threads: all methods may be called from any.
class Clock {
  public:
    virtual ~Clock() = default;

    [[nodiscard]] virtual std::chrono::steady_clock::time_point monotonic_now() const = 0;
    [[nodiscard]] virtual BootClock::time_point boot_now() const = 0;
    [[nodiscard]] virtual std::chrono::system_clock::time_point system_now() const = 0;
};

/// The kernel's clocks.
class SystemClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point monotonic_now() const override;
    [[nodiscard]] BootClock::time_point boot_now() const override;
    [[nodiscard]] std::chrono::system_clock::time_point system_now() const override;
};

} // namespace coax
