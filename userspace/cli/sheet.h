// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/table.h"
#include "cli/view.h"

namespace coax::cli {

/// Labelled lines: "uplink      eth0  up  MTU 1500". Parts that do not fit go on to the next line,
/// under the first; a part longer than a line is shortened in the middle.
class Sheet {
  public:
    explicit Sheet(const View &view) : view_(view) {}

    void row(std::string_view label, const std::vector<Cell> &parts);
    /// Word-wrapped; nothing is shortened.
    void text(std::string_view label, std::string_view text, Tone tone);
    [[nodiscard]] const std::string &str() const { return out_; }

  private:
    [[nodiscard]] std::size_t room() const; // columns right of the label; 0 = no limit
    void begin_line(std::string_view label);

    View view_;
    std::string out_;
};

} // namespace coax::cli
