// SPDX-License-Identifier: Apache-2.0
#include "lib/config/draft.h"

namespace coax {

void Lines::set(std::string_view key, std::vector<int> lines) {
    lines_.insert_or_assign(std::string(key), std::move(lines));
}

int Lines::of(std::string_view key) const {
    const auto found = lines_.find(key);
    return found == lines_.end() ? table_line_ : found->second.front();
}

int Lines::of(std::string_view key, std::size_t index) const {
    const auto found = lines_.find(key);
    if (found == lines_.end() || index + 1 >= found->second.size())
        return of(key);
    return found->second[index + 1];
}

Lines Draft::lines_of(std::string_view table) const {
    const auto found = lines.find(table);
    return found == lines.end() ? Lines() : found->second;
}

} // namespace coax
