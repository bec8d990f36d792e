// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// Where an option stands in the configuration file, for errors that show only on this machine or only
/// against the running state. Reads the file again: only errors pay for it.
class ConfigLocator {
  public:
    explicit ConfigLocator(std::string path) : path_(std::move(path)) {}

    /// "FILE:LINE: SECTION.KEY"; the line of the section where the key has its default, and no line
    /// where the file says nothing of either. `item`: the name of the [[section]] meant.
    [[nodiscard]] std::string where(std::string_view section, std::string_view item,
                                    std::string_view key) const;

    /// The same error with "FILE:LINE: " in front, the line found by the "section.key: " it begins with.
    [[nodiscard]] Error locate(const Error &error) const;
    template <typename T>
    [[nodiscard]] Result<T> locate(Result<T> result) const {
        return result.ok() ? std::move(result) : Result<T>(locate(result.error()));
    }

  private:
    [[nodiscard]] std::optional<int> line_of(std::string_view section, std::string_view item,
                                             std::string_view key) const;
    std::string path_;
};

} // namespace coax
