// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/document.h"
#include "lib/config/draft.h"
#include "lib/config/string_form.h"

namespace coax {

/// What a row of the option table says.
struct OptionRow {
    std::string_view table{};
    std::string_view key{};
    std::string_view fallback{};       // TOML value used when the file has none
    std::string_view fallback_words{}; // instead: where the value then comes from
    std::string_view example{};        // TOML value, for rows without `fallback`
    std::int64_t min = 0;              // integers: the value; lists: number of elements
    std::int64_t max = 0;              // the same; 0 for a list: any number
    const StringForm *form = nullptr;
    bool reloadable = true;
    std::string_view help{}; // one sentence
};

/// A row, with what follows from the type of the field it is stored in.
struct Option {
    OptionRow row;
    std::string_view type; // "integer", "MAC address"
    bool list = false;     // of `type`
    std::string range;     // "1..8", "auto, kernel, userspace"; empty: the type says it all
    std::string expected;  // of the value, or of one element of the list
    std::optional<Value> fallback;

    /// Stores a value (a list: appends an element). The error reads "expected ..., found ...".
    Status (*assign)(const OptionRow &row, const Value &value, const Target &target) = nullptr;
    /// The value as text; only for tables that exist once.
    std::string (*print)(const DesiredState &state) = nullptr;

    [[nodiscard]] bool required() const { return !fallback && row.fallback_words.empty(); }
    /// "table.key"
    [[nodiscard]] std::string name() const;
    /// "key = value", as one could write it.
    [[nodiscard]] std::string sample() const;
};

/// A table of the file.
struct TableSpec {
    std::string_view name;
    bool list;             // [[name]], any number of them; else [name], at most once
    std::string_view help; // one sentence
};

/// In the order of the reference.
std::span<const TableSpec> config_tables();
std::span<const Option> config_options();

} // namespace coax
