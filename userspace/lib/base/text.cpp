// SPDX-License-Identifier: Apache-2.0
#include "lib/base/text.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

namespace coax {
namespace {

void append_escaped(std::string &out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
        out += {'\\', c};
    else if (c == '\n')
        out += "\\n";
    else if (byte < 0x20 || byte == 0x7f)
        out += fmt::format("\\x{:02x}", byte);
    else
        out += c;
}

/// Damerau-Levenshtein without the full matrix: insertions, deletions, replacements and swaps of
/// neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

} // namespace

std::string quoted(std::string_view text, std::size_t max_bytes) {
    std::string out = "\"";
    for (const char c : text.substr(0, max_bytes))
        append_escaped(out, c);
    out += text.size() > max_bytes ? "...\"" : "\"";
    return out;
}

std::string_view closest(std::string_view text, std::span<const std::string_view> candidates) {
    constexpr std::size_t kTextMax = 64; // longer is not a typing error, and the cost is quadratic
    if (text.size() > kTextMax)
        return {};
    std::string_view best;
    std::size_t best_distance = 1 + text.size() / 3; // at most a third of it mistyped
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(text, candidate);
        if (distance <= best_distance && (best.empty() || distance < best_distance)) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace coax
