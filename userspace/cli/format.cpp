// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace coax::cli {
namespace {

constexpr std::string_view kEllipsis = "…";

/// Three significant digits: 1.23, 12.3, 123. Cuts instead of rounding, so that 1023.9 never
/// becomes 1024.
std::string three_digits(double value) {
    if (value < 10)
        return fmt::format("{:.2f}", static_cast<double>(static_cast<int>(value * 100)) / 100);
    if (value < 100)
        return fmt::format("{:.1f}", static_cast<double>(static_cast<int>(value * 10)) / 10);
    return fmt::format("{}", static_cast<int>(value));
}

struct Scaled {
    double value;
    std::size_t unit;
};

Scaled scale(double value, double base, std::size_t units) {
    std::size_t unit = 0;
    while (value >= base && unit + 1 < units) {
        value /= base;
        ++unit;
    }
    return {value, unit};
}

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    if (lead >= 0xf0 && lead < 0xf5)
        return 4;
    return 0;
}

/// Length of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none.
std::size_t utf8_sequence(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = sequence_length(lead);
    if (length == 0 || length > text.size())
        return 0;
    if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                     is_continuation))
        return 0;
    if (length < 3)
        return length;
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    const bool outside = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);
    return overlong || outside ? 0 : length;
}

bool is_control(std::string_view sequence) {
    const auto lead = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1)
        return lead < 0x20 || lead == 0x7f;
    return lead == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0; // C1, U+0080..U+009F
}

/// Byte offset of code point `index` (or the end) of valid UTF-8.
std::size_t offset_of(std::string_view text, std::size_t index) {
    std::size_t offset = 0;
    for (; index > 0 && offset < text.size(); --index) {
        ++offset;
        while (offset < text.size() && is_continuation(text[offset]))
            ++offset;
    }
    return offset;
}

void append_word(std::vector<std::string> &lines, std::string_view word, std::size_t width) {
    const std::size_t columns = display_width(word);
    if (!lines.empty()) {
        const std::size_t used = display_width(lines.back());
        if (width == 0 || used + 1 + columns <= width) {
            lines.back().append(" ").append(word);
            return;
        }
    }
    while (width != 0 && display_width(word) > width) {
        const std::size_t cut = offset_of(word, width);
        lines.emplace_back(word.substr(0, cut));
        word.remove_prefix(cut);
    }
    if (!word.empty())
        lines.emplace_back(word);
}

} // namespace

std::string format_bytes(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 7> kUnits = {"B",   "KiB", "MiB", "GiB",
                                                               "TiB", "PiB", "EiB"};
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    const auto [value, unit] = scale(static_cast<double>(bytes), 1024, kUnits.size());
    return fmt::format("{} {}", three_digits(value), kUnits[unit]);
}

std::string format_count(std::uint64_t count) {
    static constexpr std::array<std::string_view, 7> kUnits = {"", "k", "M", "G", "T", "P", "E"};
    constexpr std::uint64_t kExactBelow = 10'000'000'000;
    if (count < kExactBelow)
        return fmt::format("{}", count);
    const auto [value, unit] = scale(static_cast<double>(count), 1000, kUnits.size());
    return fmt::format("{}{}", three_digits(value), kUnits[unit]);
}

std::string format_rate(double per_second) {
    static constexpr std::array<std::string_view, 5> kUnits = {"", "k", "M", "G", "T"};
    if (!(per_second > 0))
        return "0/s";
    const auto [value, unit] = scale(std::min(per_second, 999e12), 1000, kUnits.size());
    return fmt::format("{}{}/s", three_digits(value), kUnits[unit]);
}

std::string format_duration(std::uint64_t seconds) {
    const std::uint64_t minutes = seconds / 60;
    const std::uint64_t hours = minutes / 60;
    const std::uint64_t days = hours / 24;
    if (minutes == 0)
        return fmt::format("{}s", seconds);
    if (hours == 0)
        return fmt::format("{}m{:02}s", minutes, seconds % 60);
    if (days == 0)
        return fmt::format("{}h{:02}m", hours, minutes % 60);
    if (days < 100)
        return fmt::format("{}d{:02}h", days, hours % 24);
    return fmt::format("{}d", days);
}

std::string format_age_seconds(std::int64_t seconds) {
    if (seconds < 0)
        return "never";
    return format_duration(static_cast<std::uint64_t>(seconds)) + " ago";
}

std::string format_age_ms(std::int64_t ms) {
    if (ms >= 0 && ms < 1000)
        return fmt::format("{}ms ago", ms);
    return format_age_seconds(ms < 0 ? -1 : ms / 1000);
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0 || is_control(text.substr(0, length)))
            out.push_back('?');
        else
            out.append(text.substr(0, length));
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

std::string truncate_middle(std::string_view text, std::size_t width) {
    const std::size_t columns = display_width(text);
    if (columns <= width)
        return std::string(text);
    if (width == 0)
        return "";
    const std::size_t kept = width - 1;
    const std::size_t head = (kept + 1) / 2;
    const std::size_t tail = kept - head;
    return fmt::format("{}{}{}", text.substr(0, offset_of(text, head)), kEllipsis,
                       text.substr(offset_of(text, columns - tail)));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
        text.remove_prefix(start);
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0)
            append_word(lines, text.substr(0, end), width);
        text.remove_prefix(end);
    }
    return lines;
}

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

} // namespace coax::cli
