// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coax::cli {

constexpr std::size_t kDefaultWidth = 80;

/// How to render: nothing else of the terminal is known to the rendering functions.
struct View {
    bool color = false;
    bool wide = false;                 // every column, nothing shortened
    std::size_t width = kDefaultWidth; // columns; unused when wide

    /// 0 = no limit.
    [[nodiscard]] std::size_t limit() const { return wide ? 0 : width; }
};

enum class Tone { kPlain, kStrong, kDim, kGood, kWarn, kBad };

/// `text` in the colour of `tone`, or unchanged when colour is off, the tone plain or the text empty.
std::string paint(std::string_view text, Tone tone, const View &view);

} // namespace coax::cli
