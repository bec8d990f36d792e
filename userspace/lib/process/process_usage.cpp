// SPDX-License-Identifier: Apache-2.0
#include "lib/process/process_usage.h"

#include <array>
#include <filesystem>
#include <sstream>
#include <string>

#include <unistd.h>

#include "lib/base/file.h"

namespace coax {
namespace {

constexpr std::size_t kProcFileBytes = 1U << 20;
// Fields of /proc/PID/stat behind the name, counted from 0 at the state.
constexpr std::size_t kUserTime = 11;
constexpr std::size_t kSystemTime = 12;
constexpr std::size_t kStartTime = 19;
constexpr std::size_t kResidentPages = 21;

double boot_seconds() {
    const auto text = read_file("/proc/stat", kProcFileBytes);
    if (!text.ok())
        return 0;
    const std::size_t at = text->find("\nbtime ");
    return at == std::string::npos ? 0 : std::strtod(text->c_str() + at + 7, nullptr);
}

} // namespace

Result<ProcessUsage> parse_process_stat(std::string_view line, const SystemUnits &units) {
    const std::size_t name_end = line.rfind(')'); // the name may hold anything
    std::array<std::uint64_t, kResidentPages + 1> fields{};
    std::istringstream words(
        std::string(name_end == std::string_view::npos ? "" : line.substr(name_end + 1)));
    std::string state;
    words >> state;
    for (std::size_t i = 1; i < fields.size(); ++i) {
        std::int64_t value = 0; // tpgid is -1 without a terminal
        words >> value;
        fields[i] = static_cast<std::uint64_t>(value);
    }
    if (!words)
        return Error(ErrorCode::kInvalid, "expected a line of /proc/PID/stat");
    const auto ticks = static_cast<double>(units.ticks);
    ProcessUsage usage;
    usage.cpu_seconds = static_cast<double>(fields[kUserTime] + fields[kSystemTime]) / ticks;
    usage.resident_bytes = fields[kResidentPages] * static_cast<std::uint64_t>(units.page_bytes);
    usage.start_time_seconds = units.boot_seconds + static_cast<double>(fields[kStartTime]) / ticks;
    return usage;
}

Result<ProcessUsage> process_usage() {
    static const SystemUnits kUnits{::sysconf(_SC_CLK_TCK), ::sysconf(_SC_PAGESIZE),
                                    boot_seconds()};
    COAX_ASSIGN_OR_RETURN(const std::string line, read_file("/proc/self/stat", kProcFileBytes));
    COAX_ASSIGN_OR_RETURN(ProcessUsage usage, parse_process_stat(line, kUnits));
    std::error_code error;
    for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
         it.increment(error))
        ++usage.open_fds;
    return usage;
}

} // namespace coax
