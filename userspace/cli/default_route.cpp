// SPDX-License-Identifier: Apache-2.0
#include "cli/default_route.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <vector>

namespace coax::cli {
namespace {

constexpr std::uint32_t kUp = 0x1;       // RTF_UP
constexpr std::uint32_t kReject = 0x200; // RTF_REJECT: "unreachable default" of the kernel

/// Where the columns of one of the two files are.
struct Layout {
    std::size_t columns;
    std::size_t interface;
    std::size_t destination;
    std::size_t prefix; // mask, or length: zero of a default route
    std::size_t flags;
    std::size_t metric;
    int metric_base;
};
constexpr Layout kIpv4{11, 0, 1, 7, 3, 6, 10};
constexpr Layout kIpv6{10, 9, 0, 1, 8, 5, 16};

std::optional<std::uint32_t> number(const std::string &text, int base) {
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && stop == text.data() + text.size() ? std::optional(value)
                                                                     : std::nullopt;
}

bool is_zero(const std::string &hex) {
    return hex.find_first_not_of('0') == std::string::npos;
}

std::string best(std::string_view routes, const Layout &layout) {
    std::string found;
    std::uint64_t lowest = std::numeric_limits<std::uint64_t>::max();
    std::istringstream lines{std::string(routes)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::vector<std::string> column;
        for (std::string word; words >> word;)
            column.push_back(std::move(word));
        if (column.size() != layout.columns || !is_zero(column[layout.destination]) ||
            !is_zero(column[layout.prefix]))
            continue;
        const auto flags = number(column[layout.flags], 16);
        const auto metric = number(column[layout.metric], layout.metric_base);
        if (!flags || !metric || (*flags & kUp) == 0 || (*flags & kReject) != 0 ||
            *metric >= lowest)
            continue;
        lowest = *metric;
        found = column[layout.interface];
    }
    return found;
}

} // namespace

std::string default_route_interface(std::string_view ipv4_routes, std::string_view ipv6_routes) {
    const std::string found = best(ipv4_routes, kIpv4);
    return found.empty() ? best(ipv6_routes, kIpv6) : found;
}

} // namespace coax::cli
