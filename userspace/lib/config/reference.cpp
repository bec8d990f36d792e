// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "lib/config/config.h"
#include "lib/config/option.h"

namespace coax {
namespace {

constexpr std::size_t kColumns = 80;

std::string heading(const TableSpec &table) {
    return table.list ? fmt::format("[[{}]]", table.name) : fmt::format("[{}]", table.name);
}

std::string type_of(const Option &option) {
    if (!option.list)
        return std::string(option.type);
    const bool hisses = option.type.ends_with('s') || option.type.ends_with('x');
    return fmt::format("list of {}{}", option.type, hisses ? "es" : "s");
}

std::string range_of(const Option &option) {
    std::string range = option.range;
    if (option.list && option.row.max != 0)
        range = fmt::format("{}..{} elements{}{}", option.row.min, option.row.max,
                            range.empty() ? "" : ", each ", range);
    return range;
}

std::string default_of(const Option &option) {
    if (!option.row.fallback.empty())
        return std::string(option.row.fallback);
    return option.required() ? "required" : fmt::format("({})", option.row.fallback_words);
}

std::string markdown_default_of(const Option &option) {
    const bool literal = !option.row.fallback.empty();
    return literal ? fmt::format("`{}`", option.row.fallback) : default_of(option);
}

/// `text` broken at spaces into lines of at most kColumns, each after `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
    const std::string margin(indent, ' ');
    std::string out;
    std::string line = margin;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (line.size() > indent && line.size() + 1 + word.size() > kColumns) {
            out += line + "\n";
            line = margin;
        }
        line += (line.size() > indent ? " " : "") + std::string(word);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + line + "\n";
}

std::string text_of(const Option &option) {
    constexpr std::size_t kKeyIndent = 2;
    constexpr std::size_t kHelpIndent = 6;
    const std::string range = range_of(option);
    std::string facts = fmt::format("{}: {}", option.row.key, type_of(option));
    if (!range.empty())
        facts += fmt::format(" ({})", range);
    facts += option.required() ? "; required" : fmt::format("; default {}", default_of(option));
    if (!option.row.reloadable)
        facts += "; needs a restart";
    return wrapped(facts, kKeyIndent) + wrapped(option.row.help, kHelpIndent);
}

} // namespace

std::string config_reference_markdown() {
    std::string out =
        "<!-- Made from the option table by `ninja config_reference`; do not edit. -->\n"
        "# Options of coax.toml\n";
    for (const TableSpec &table : config_tables()) {
        out += fmt::format("\n## {}\n{}\n\n"
                           "| key | type | default | range | reload | meaning |\n"
                           "|---|---|---|---|---|---|\n",
                           heading(table), table.help);
        for (const Option &option : config_options())
            if (option.row.table == table.name)
                out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", option.row.key,
                                   type_of(option), markdown_default_of(option), range_of(option),
                                   option.row.reloadable ? "yes" : "restart", option.row.help);
    }
    return out;
}

std::string config_reference_text() {
    std::string out;
    for (const TableSpec &table : config_tables()) {
        out += fmt::format("{}{}\n{}", out.empty() ? "" : "\n", heading(table),
                           wrapped(table.help, 2));
        for (const Option &option : config_options())
            if (option.row.table == table.name)
                out += text_of(option);
    }
    return out;
}

} // namespace coax
