// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Values and text for people. Pure functions; every result is valid UTF-8 without control characters.
namespace coax::cli {

/// "0 B", "1023 B", "1.50 KiB", "12.3 MiB", "16.0 EiB": at most 8 columns.
std::string format_bytes(std::uint64_t bytes);

/// Exact up to ten digits, then "12.3G": at most 10 columns.
std::string format_count(std::uint64_t count);

/// "0/s", "0.50/s", "12.3/s", "999/s", "1.23k/s": at most 7 columns.
std::string format_rate(double per_second);

/// "0s", "59s", "3m12s", "2h05m", "3d04h", "1234d": at most 6 columns up to 27 years.
std::string format_duration(std::uint64_t seconds);

/// "3m12s ago"; negative: "never".
std::string format_age_seconds(std::int64_t seconds);

/// Below one second "120ms ago"; negative: "never".
std::string format_age_ms(std::int64_t ms);

/// Control characters and bytes that are not UTF-8 become '?': what the agent sends cannot steer the
/// terminal.
std::string printable(std::string_view text);

/// Terminal columns of printable text; one per code point.
std::size_t display_width(std::string_view text);

/// At most `width` columns, the middle replaced by "…"; width 0 gives "".
std::string truncate_middle(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces; longer words are broken where they must be.
/// Width 0 means no limit.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// "1 port", "2 ports".
std::string plural(std::uint64_t count, std::string_view noun);

} // namespace coax::cli
