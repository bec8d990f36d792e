// SPDX-License-Identifier: Apache-2.0
#include "lib/base/clock.h"

#include <ctime>

namespace coax {

std::chrono::steady_clock::time_point SystemClock::monotonic_now() const {
    return std::chrono::steady_clock::now();
}

BootClock::time_point SystemClock::boot_now() const {
    std::timespec now{};
    // Cannot fail: the clock exists since Linux 2.6.39 and the pointer is valid.
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return BootClock::time_point(std::chrono::seconds(now.tv_sec) +
                                 std::chrono::nanoseconds(now.tv_nsec));
}

std::chrono::system_clock::time_point SystemClock::system_now() const {
    return std::chrono::system_clock::now();
}

} // namespace coax
