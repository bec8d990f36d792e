// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// Collects what is wrong with a file and keeps the problem nearest to its top.
class Problems {
  public:
    /// `text` reads "expected ..., found ...; what to do".
    void add(int line, std::string_view key, std::string_view text);

    [[nodiscard]] bool empty() const { return line_ == 0; }
    /// kInvalid "FILE:LINE: KEY: expected ..."; ok when there is none.
    [[nodiscard]] Status status(std::string_view file_name) const;

  private:
    int line_ = 0; // 0: none yet
    std::string message_;
};

} // namespace coax
