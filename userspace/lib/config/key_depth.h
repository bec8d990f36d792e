// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace coax {

inline constexpr int kKeyPartsMax = 8;

/// Line of the first dotted key with more than kKeyPartsMax parts, or 0. The TOML library makes one
/// nested table per part and walks them recursively: a megabyte of "a.a.a." overflows the stack.
int line_of_too_deep_key(std::string_view toml);

} // namespace coax
