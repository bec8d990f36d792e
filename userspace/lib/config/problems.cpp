// SPDX-License-Identifier: Apache-2.0
#include "lib/config/problems.h"

#include <fmt/format.h>

namespace coax {

void Problems::add(int line, std::string_view key, std::string_view text) {
    messages_.try_emplace(line, fmt::format("{}: {}", key, text));
}

std::string Problems::place(int line) const {
    return has_place(line) ? places_[static_cast<std::size_t>(line) - 1]
                           : fmt::format("line {}", line);
}

Status Problems::status(std::string_view file_name) const {
    if (empty())
        return {};
    const auto &[line, message] = *messages_.begin();
    if (has_place(line))
        return Error(ErrorCode::kInvalid, fmt::format("{}: {}", place(line), message));
    return Error(ErrorCode::kInvalid, fmt::format("{}:{}: {}", file_name, line, message));
}

} // namespace coax
