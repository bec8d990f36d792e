// SPDX-License-Identifier: Apache-2.0
#include "lib/config/document.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/config/key_depth.h"
#include "lib/config/toml_library.h"

namespace coax {
namespace {

int line_of(const toml::source_region &region) {
    return static_cast<int>(region.begin.line);
}

Value convert(const toml::node &node);

ValueTable convert_table(const toml::table &table) {
    ValueTable entries;
    entries.reserve(table.size());
    for (auto &&[key, value] : table)
        entries.push_back({std::string(key.str()), line_of(key.source()), convert(value)});
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry &a, const Entry &b) { return a.line < b.line; });
    return entries;
}

ValueList convert_list(const toml::array &array) {
    ValueList values;
    values.reserve(array.size());
    for (const toml::node &element : array)
        values.push_back(convert(element));
    return values;
}

Value convert(const toml::node &node) {
    Value value{line_of(node.source()), OtherValue{"a date or time"}};
    if (const auto *boolean = node.as_boolean())
        value.data = boolean->get();
    else if (const auto *integer = node.as_integer())
        value.data = integer->get();
    else if (const auto *number = node.as_floating_point())
        value.data = number->get();
    else if (const auto *text = node.as_string())
        value.data = text->get();
    else if (const auto *list = node.as_array())
        value.data = convert_list(*list);
    else if (const auto *table = node.as_table())
        value.data = convert_table(*table);
    return value;
}

/// The library ends some descriptions with the offending character itself.
std::string one_line(std::string_view text) {
    const std::string escaped = quoted(text, text.size());
    return escaped.substr(1, escaped.size() - 2);
}

} // namespace

std::string Value::describe() const {
    if (const auto *boolean = std::get_if<bool>(&data))
        return *boolean ? "true" : "false";
    if (const auto *integer = std::get_if<std::int64_t>(&data))
        return std::to_string(*integer);
    if (const auto *number = std::get_if<double>(&data))
        return fmt::format("{:#}", *number);
    if (const auto *text = std::get_if<std::string>(&data))
        return quoted(*text);
    if (std::holds_alternative<ValueList>(data))
        return "a list";
    if (std::holds_alternative<ValueTable>(data))
        return "a table";
    return std::string(std::get<OtherValue>(data).kind);
}

Result<ValueTable> parse_document(std::string_view text, std::string_view file_name) {
    if (const int line = line_of_too_deep_key(text); line != 0)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}:{}: expected keys of at most {} parts, found a longer one; "
                                 "options are two deep",
                                 file_name, line, kKeyPartsMax));
    const toml::parse_result parsed = toml::parse(text, file_name);
    if (parsed)
        return convert_table(parsed.table());
    const toml::parse_error &error = parsed.error();
    return Error(ErrorCode::kInvalid,
                 fmt::format("{}:{}: expected TOML, found a syntax error: {}; see https://toml.io",
                             file_name, line_of(error.source()), one_line(error.description())));
}

} // namespace coax
