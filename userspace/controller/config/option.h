// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "controller/config/config.h"
#include "lib/config/document.h"
#include "lib/config/option.h"

namespace coax {

/// A row of controller.toml, with what follows from the type of its field.
struct ControllerOption {
    OptionRow row;
    std::string_view type;
    bool list = false;
    std::string range;
    std::string expected; // of the value, or of one element
    std::optional<Value> fallback;

    /// Stores a value (a list: appends an element). The error reads "expected ..., found ...".
    Status (*assign)(const OptionRow &row, const Value &value, ControllerConfig &config) = nullptr;

    /// "table.key"
    [[nodiscard]] std::string name() const;
    /// "key = value", as one could write it.
    [[nodiscard]] std::string sample() const;
    /// Of the whole value.
    [[nodiscard]] std::string expected_whole() const;
};

struct ControllerTable {
    std::string_view name;
    std::string_view help; // one sentence
};

std::span<const ControllerTable> controller_tables();
std::span<const ControllerOption> controller_options();

} // namespace coax
