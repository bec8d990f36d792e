// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/view.h"

namespace coax::cli {

enum class Align { kLeft, kRight };

struct Column {
    std::string header;
    Align align = Align::kLeft;
    /// Columns this one may be shortened to before others suffer; 0: keep it whole if possible.
    std::size_t shrink_to = 0;
    bool wide_only = false;
};

struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
};

/// Columns of text, two spaces between them, sized to their contents and shortened in the middle
/// until a line fits `View::limit()`. Control characters in cells are made visible.
class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// One cell per column.
    void add(std::vector<Cell> row);
    [[nodiscard]] std::string render(const View &view) const;

  private:
    [[nodiscard]] std::vector<std::size_t> shown(const View &view) const;
    [[nodiscard]] std::vector<std::size_t> fit(const std::vector<std::size_t> &shown,
                                               std::size_t limit) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

} // namespace coax::cli
