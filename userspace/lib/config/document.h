// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"

namespace coax {

/// A TOML document as plain values that know their line. Only document.cpp sees the TOML library.
struct Value;
struct Entry;

using ValueList = std::vector<Value>;
using ValueTable = std::vector<Entry>; // in the order of the file

struct OtherValue {
    std::string_view kind; // "a date", "a time": nothing of ours has it
};

struct Value {
    int line = 0; // from 1
    std::variant<OtherValue, bool, std::int64_t, double, std::string, ValueList, ValueTable> data;

    /// What was found, for an error: `"text"`, `42`, `a list`, `a table`.
    [[nodiscard]] std::string describe() const;
};

struct Entry {
    std::string key;
    int line = 0;
    Value value;
};

/// Errors are kInvalid, "FILE:LINE: expected ..., found ...". Never throws, whatever the text.
Result<ValueTable> parse_document(std::string_view text, std::string_view file_name);

} // namespace coax
