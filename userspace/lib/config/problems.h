// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace coax {

/// Collects what is wrong with a file: of each line the first problem.
class Problems {
  public:
    Problems() = default;
    /// For what comes from no file: `places` says what "line" 1, 2, ... are.
    explicit Problems(std::vector<std::string> places) : places_(std::move(places)) {}

    /// `text` reads "expected ..., found ...; what to do".
    void add(int line, std::string_view key, std::string_view text);

    /// For a text: "line 7", or the place with that number.
    [[nodiscard]] std::string place(int line) const;

    [[nodiscard]] bool empty() const { return messages_.empty(); }
    /// Of the one nearest to the top: kInvalid "FILE:LINE: KEY: expected ...", or "PLACE: KEY:
    /// expected ..."; ok when there is none.
    [[nodiscard]] Status status(std::string_view file_name) const;
    /// By line: "KEY: expected ...".
    [[nodiscard]] const std::map<int, std::string> &all() const { return messages_; }

  private:
    [[nodiscard]] bool has_place(int line) const {
        return line >= 1 && static_cast<std::size_t>(line) <= places_.size();
    }

    std::vector<std::string> places_;
    std::map<int, std::string> messages_;
};

} // namespace coax
