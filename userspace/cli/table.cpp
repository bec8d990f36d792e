// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "cli/format.h"

namespace coax::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLastResort = 4; // columns no column goes below

std::size_t total(const std::vector<std::size_t> &widths) {
    const std::size_t gaps = widths.empty() ? 0 : (widths.size() - 1) * kGap;
    return std::accumulate(widths.begin(), widths.end(), gaps);
}

/// Takes one column at a time off the widest that is above its floor; false when none is.
bool shrink_once(std::vector<std::size_t> &widths, const std::vector<std::size_t> &floors) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i] > floors[i] && (widest == widths.size() || widths[i] > widths[widest]))
            widest = i;
    }
    if (widest == widths.size())
        return false;
    --widths[widest];
    return true;
}

void shrink(std::vector<std::size_t> &widths, const std::vector<std::size_t> &floors,
            std::size_t limit) {
    while (total(widths) > limit && shrink_once(widths, floors)) {
    }
}

struct Slot {
    std::size_t width;
    Align align;
    bool last;
};

std::string render_cell(const Cell &cell, const Slot &slot, const View &view) {
    const std::string text = truncate_middle(cell.text, slot.width);
    const std::string padding(slot.width - display_width(text), ' ');
    const std::string painted = paint(text, cell.tone, view);
    if (slot.align == Align::kRight)
        return padding + painted;
    return slot.last ? painted : painted + padding;
}

} // namespace

void Table::add(std::vector<Cell> row) {
    row.resize(columns_.size());
    for (Cell &cell : row)
        cell.text = printable(cell.text);
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::shown(const View &view) const {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (view.wide || !columns_[i].wide_only)
            indices.push_back(i);
    }
    return indices;
}

std::vector<std::size_t> Table::fit(const std::vector<std::size_t> &shown,
                                    std::size_t limit) const {
    std::vector<std::size_t> widths;
    std::vector<std::size_t> floors;
    for (const std::size_t i : shown) {
        std::size_t width = display_width(columns_[i].header);
        for (const auto &row : rows_)
            width = std::max(width, display_width(row[i].text));
        widths.push_back(width);
        floors.push_back(columns_[i].shrink_to == 0 ? width : columns_[i].shrink_to);
    }
    if (limit != 0) {
        shrink(widths, floors, limit);
        shrink(widths, std::vector<std::size_t>(widths.size(), kLastResort), limit);
    }
    return widths;
}

std::string Table::render(const View &view) const {
    const std::vector<std::size_t> indices = shown(view);
    const std::vector<std::size_t> widths = fit(indices, view.limit());
    std::string out;
    const auto render_row = [&](const auto &cell_at) {
        std::string line;
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const Slot slot{widths[i], columns_[indices[i]].align, i + 1 == indices.size()};
            line.append(i == 0 ? 0 : kGap, ' ')
                .append(render_cell(cell_at(indices[i]), slot, view));
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out.append(line).push_back('\n');
    };
    render_row([&](std::size_t i) { return Cell{columns_[i].header, Tone::kStrong}; });
    for (const auto &row : rows_)
        render_row([&](std::size_t i) -> const Cell & { return row[i]; });
    return out;
}

} // namespace coax::cli
