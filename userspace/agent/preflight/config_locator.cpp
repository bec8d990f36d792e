// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/config_locator.h"

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/config/document.h"

namespace coax {
namespace {

constexpr std::size_t kFileLimitBytes = 64U << 20;

const Entry *find(const ValueTable &table, std::string_view key) {
    for (const Entry &entry : table) {
        if (entry.key == key)
            return &entry;
    }
    return nullptr;
}

/// The table of [section], or of the [[section]] called `item`.
const Value *find_section(const Value &value, std::string_view item) {
    const auto *list = std::get_if<ValueList>(&value.data);
    if (list == nullptr)
        return &value;
    for (const Value &one : *list) {
        const auto *table = std::get_if<ValueTable>(&one.data);
        const Entry *name = table == nullptr ? nullptr : find(*table, "name");
        const auto *text = name == nullptr ? nullptr : std::get_if<std::string>(&name->value.data);
        if (text != nullptr && *text == item)
            return &one;
    }
    return nullptr;
}

} // namespace

std::optional<int> ConfigLocator::line_of(std::string_view section, std::string_view item,
                                          std::string_view key) const {
    const auto text = read_file(path_, kFileLimitBytes);
    if (!text.ok())
        return std::nullopt;
    const auto document = parse_document(*text, path_);
    if (!document.ok())
        return std::nullopt;
    const Entry *entry = find(*document, section);
    const Value *found = entry == nullptr ? nullptr : find_section(entry->value, item);
    if (found == nullptr)
        return std::nullopt;
    const auto *table = std::get_if<ValueTable>(&found->data);
    const Entry *option = table == nullptr ? nullptr : find(*table, key);
    return option == nullptr ? found->line : option->line;
}

std::string ConfigLocator::where(std::string_view section, std::string_view item,
                                 std::string_view key) const {
    const auto line = line_of(section, item, key);
    return fmt::format("{}{}: {}.{}", path_, line ? fmt::format(":{}", *line) : "", section, key);
}

Error ConfigLocator::locate(const Error &error) const {
    const std::string_view message = error.message();
    if (message.starts_with(path_))
        return error;
    const std::string_view name = message.substr(0, message.find(':'));
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos || name.find(' ') != std::string_view::npos)
        return error.with_context(path_);
    const auto line = line_of(name.substr(0, dot), "", name.substr(dot + 1));
    return error.with_context(line ? fmt::format("{}:{}", path_, *line) : path_);
}

} // namespace coax
