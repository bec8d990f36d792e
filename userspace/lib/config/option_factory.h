// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <type_traits>
#include <vector>

#include "lib/config/codec.h"
#include "lib/config/option.h"

namespace coax {

/// The value of a TOML literal; absent for an empty one.
std::optional<Value> parse_literal(std::string_view toml);

/// `Access` is a lambda without captures that returns the field of an Owner.
template <typename Owner, typename Access>
Option make_option(const OptionRow &row) {
    using Field = std::remove_cvref_t<std::invoke_result_t<Access, Owner &>>;
    using Traits = FieldTraits<Field>;
    using Element = typename Traits::Element;
    Option option{.row = row,
                  .type = Codec<Element>::kType,
                  .list = Traits::kList,
                  .range = Codec<Element>::range(row),
                  .expected = Codec<Element>::expected(row),
                  .fallback = parse_literal(row.fallback)};
    option.assign = [](const OptionRow &of, const Value &value, const Target &target) -> Status {
        auto element = Codec<Element>::decode(of, value);
        if (!element)
            return Error(ErrorCode::kInvalid,
                         fmt::format("expected {}, found {}", Codec<Element>::expected(of),
                                     value.describe()));
        Field &field = Access{}(*std::get<Owner *>(target));
        if constexpr (Traits::kList)
            field.push_back(std::move(*element));
        else
            field = std::move(*element);
        return {};
    };
    if constexpr (std::same_as<Owner, DesiredState>)
        option.print = [](const DesiredState &state) { return Traits::print(Access{}(state)); };
    return option;
}

/// Rows of [control].
std::vector<Option> control_options();
/// Rows of the [[...]] tables.
std::vector<Option> item_options();

} // namespace coax
