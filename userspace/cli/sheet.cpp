// SPDX-License-Identifier: Apache-2.0
#include "cli/sheet.h"

#include <algorithm>

#include "cli/format.h"

namespace coax::cli {
namespace {

constexpr std::size_t kLabel = 12;
constexpr std::string_view kGap = "  ";

} // namespace

std::size_t Sheet::room() const {
    return view_.wide ? 0 : std::max<std::size_t>(view_.width, 2 * kLabel) - kLabel;
}

void Sheet::begin_line(std::string_view label) {
    if (!label.empty())
        out_.append(paint(label, Tone::kStrong, view_));
    out_.append(kLabel - std::min(kLabel, display_width(label)), ' ');
}

void Sheet::row(std::string_view label, const std::vector<Cell> &parts) {
    begin_line(label);
    std::size_t used = 0;
    for (const Cell &part : parts) {
        std::string shown = printable(part.text);
        if (shown.empty())
            continue;
        if (room() != 0)
            shown = truncate_middle(shown, room());
        const std::size_t columns = display_width(shown);
        if (used > 0 && room() != 0 && used + kGap.size() + columns > room()) {
            out_.push_back('\n');
            begin_line("");
            used = 0;
        }
        if (used > 0)
            out_.append(kGap);
        out_.append(paint(shown, part.tone, view_));
        used += (used > 0 ? kGap.size() : 0) + columns;
    }
    out_.push_back('\n');
}

void Sheet::text(std::string_view label, std::string_view text, Tone tone) {
    for (const std::string &line : wrap(printable(text), room())) {
        begin_line(label);
        out_.append(paint(line, tone, view_)).push_back('\n');
        label = "";
    }
}

} // namespace coax::cli
