// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/wireguard/userspace_backend.h"

namespace coax {
namespace {

constexpr std::size_t kRecordMaxBytes = 4096;
constexpr std::uint32_t kRecordMode = 0600;

/// The number after "key=" on a line of its own.
std::optional<std::uint64_t> number_of(const std::string &text, const std::string &key) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(key + "="))
            continue;
        std::uint64_t value = 0;
        const char *end = line.data() + line.size();
        const auto [stop, error] = std::from_chars(line.data() + key.size() + 1, end, value);
        if (error == std::errc{} && stop == end)
            return value;
    }
    return std::nullopt;
}

} // namespace

std::string UserspaceWireGuard::record_path(const std::string &name) const {
    return fmt::format("{}/{}.wireguard-go", run_dir_, name);
}

/// A damaged record is as good as none: it only saves the count.
std::optional<UserspaceWireGuard::Record>
UserspaceWireGuard::read_record(const std::string &name) const {
    const auto text = read_file(record_path(name), kRecordMaxBytes);
    if (!text.ok())
        return std::nullopt;
    const auto pid = number_of(*text, "pid");
    const auto start_ticks = number_of(*text, "start_ticks");
    const auto offset = number_of(*text, "log_offset_bytes");
    const auto total = number_of(*text, "rejected_sources");
    if (!pid || !start_ticks || !offset || !total || *offset > RejectedLog::kSizeBytes)
        return std::nullopt;
    return Record{static_cast<pid_t>(*pid), *start_ticks, {*offset, *total}};
}

Status UserspaceWireGuard::write_record(const std::string &name, const Device &device) const {
    const auto position = device.log ? device.log->position() : RejectedLog::Position{};
    const std::string text = fmt::format("pid={}\nstart_ticks={}\nlog_offset_bytes={}\n"
                                         "rejected_sources={}\n",
                                         device.process.pid(), device.process.start_ticks(),
                                         position.offset, position.total);
    return write_file_atomically(record_path(name), text, kRecordMode);
}

} // namespace coax
