// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <time.h>

namespace coax::test {

/// Nanoseconds, as the programs see them: CLOCK_MONOTONIC is bpf_ktime_get_ns(), CLOCK_BOOTTIME
/// bpf_ktime_get_boot_ns().
inline std::uint64_t kernel_now_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace coax::test
