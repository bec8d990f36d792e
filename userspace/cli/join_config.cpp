// SPDX-License-Identifier: Apache-2.0
#include "cli/join_config.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/base/text.h"
#include "lib/config/document.h"

namespace coax::cli {
namespace {

constexpr std::string_view kDefaultPool = "100.64.0.0/10";
constexpr std::string_view kDefaultInstance = "coax";
constexpr std::size_t kTextMax = 4096;

const Value *find(const ValueTable &table, std::string_view key) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const Entry &entry) { return entry.key == key; });
    return found == table.end() ? nullptr : &found->value;
}

/// The value at "table.key" when it has type T.
template <typename T>
std::optional<T> value_at(const ValueTable &document, std::string_view table,
                          std::string_view key) {
    const Value *outer = find(document, table);
    const auto *inner = outer == nullptr ? nullptr : std::get_if<ValueTable>(&outer->data);
    const Value *value = inner == nullptr ? nullptr : find(*inner, key);
    const auto *typed = value == nullptr ? nullptr : std::get_if<T>(&value->data);
    return typed == nullptr ? std::nullopt : std::optional<T>(*typed);
}

std::string toml_list(const std::vector<std::string> &texts) {
    std::vector<std::string> all;
    all.reserve(texts.size());
    for (const std::string &text : texts)
        all.push_back(coax::quoted(text, kTextMax));
    return fmt::format("[{}]", fmt::join(all, ", "));
}

std::string toml(const std::string &text) {
    return coax::quoted(text, kTextMax);
}

/// The pool goes into the base's [overlay] when it has one; a table may be there only once.
Result<std::string> overlay_table(const JoinedNode &node) {
    COAX_ASSIGN_OR_RETURN(const ValueTable base, parse_document(node.base.text, "--base"));
    const auto said = value_at<std::string>(base, "overlay", "vtep_pool");
    const bool has_table = find(base, "overlay") != nullptr;
    const std::string in_base = said.value_or(std::string(kDefaultPool));
    if (has_table && in_base != node.vtep_pool)
        return Error(
            ErrorCode::kInvalid,
            fmt::format("the base has overlay.vtep_pool {}, the overlay {}: write vtep_pool "
                        "= {} into the [overlay] of the base",
                        in_base, node.vtep_pool, toml(node.vtep_pool)));
    if (has_table || node.vtep_pool == kDefaultPool)
        return std::string();
    return fmt::format("\n[overlay]\nvtep_pool = {}\n", toml(node.vtep_pool));
}

} // namespace

Result<JoinBase> parse_join_base(std::string text, std::string_view file) {
    COAX_ASSIGN_OR_RETURN(const ValueTable document, parse_document(text, file));
    for (const std::string_view key : {"node", "control", "peer"}) {
        if (const Value *value = find(document, key); value != nullptr)
            return Error(ErrorCode::kInvalid,
                         fmt::format("{}:{}: {}: expected only what joining does not say, such as "
                                     "[underlay], [wireguard] or [agent]",
                                     file, value->line, key));
    }
    JoinBase base;
    base.has_underlay = find(document, "underlay") != nullptr;
    base.state_dir = value_at<std::string>(document, "agent", "state_dir").value_or("");
    if (!text.empty() && text.back() != '\n')
        text.push_back('\n');
    base.text = std::move(text);
    return base;
}

Result<std::string> compose_config(const JoinedNode &node) {
    std::string out = "# Made by `coax join`. Peers, networks and ports come from the controller; "
                      "what is\n# written here as well wins over it.\n";
    if (!node.base.text.empty())
        out += "\n" + node.base.text;
    out += fmt::format("\n[node]\nid = {}\nname = {}\n", node.node_id, toml(node.name));
    if (node.instance != kDefaultInstance)
        out += fmt::format("instance = {}\n", toml(node.instance));
    if (!node.base.has_underlay)
        out += fmt::format("\n[underlay]\nuplinks = {}\n", toml_list(node.uplinks));
    COAX_ASSIGN_OR_RETURN(const std::string overlay, overlay_table(node));
    out += overlay;
    out += fmt::format("\n[control]\nnetwork_id = {}\ncontrollers = {}\n", toml(node.network_id),
                       toml_list(node.controllers));
    if (!node.identity.empty())
        out += fmt::format("identity = {}\n", toml(node.identity));
    return out;
}

Result<PresentConfig> parse_present_config(std::string_view text, std::string_view file) {
    COAX_ASSIGN_OR_RETURN(const ValueTable document, parse_document(text, file));
    PresentConfig present;
    present.name = value_at<std::string>(document, "node", "name").value_or("");
    present.node_id =
        static_cast<std::uint32_t>(value_at<std::int64_t>(document, "node", "id").value_or(0));
    present.network_id = value_at<std::string>(document, "control", "network_id").value_or("");
    return present;
}

} // namespace coax::cli
