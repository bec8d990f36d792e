// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace coax {

/// `text` in double quotes on one line: quotes, backslashes and control characters escaped, cut
/// after `max_bytes` with "...". For showing input of others in errors and logs.
std::string quoted(std::string_view text, std::size_t max_bytes = 100);

/// The candidate that `text` was probably meant to be (few typing errors apart), or empty.
std::string_view closest(std::string_view text, std::span<const std::string_view> candidates);

} // namespace coax
