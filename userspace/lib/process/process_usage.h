// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// What this process uses.
struct ProcessUsage {
    double cpu_seconds = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_fds = 0;
    double start_time_seconds = 0; // since the epoch
};

/// The system's units: clock ticks per second, bytes per page, boot time since the epoch.
struct SystemUnits {
    long ticks = 100;
    long page_bytes = 4096;
    double boot_seconds = 0;
};

/// Pure: reads a line of /proc/PID/stat (proc(5)); kInvalid when it is none. open_fds stays 0.
Result<ProcessUsage> parse_process_stat(std::string_view line, const SystemUnits &units);

/// From /proc/self.
Result<ProcessUsage> process_usage();

} // namespace coax
