// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "lib/trust/unix_time.h"

namespace coax::cli {
namespace {

constexpr int kWaitsShown = 10;

/// The stanza is text of several lines: each one printable, the line breaks kept.
std::string printable_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.append(printable(text.substr(0, end))).push_back('\n');
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

ExitCode run(const Session &session, bool stanza_only) {
    AgentClient client(session.socket());
    const Result<api::Keys> keys = client.keys();
    if (!keys.ok())
        return session.fail(keys.error());
    session.print(stanza_only ? printable_lines(keys->peer_stanza())
                              : render_keys(*keys, session.view()),
                  to_json(*keys));
    return ExitCode::kOk;
}

ExitCode rotate(const Session &session) {
    AgentClient client(session.socket());
    const Result<api::Keys> keys = client.rotate_keys();
    if (!keys.ok())
        return session.fail(keys.error());
    session.print(render_keys(*keys, session.view()), to_json(*keys));
    return ExitCode::kOk;
}

void add_rows(Table &table, const google::protobuf::RepeatedPtrField<api::Key> &keys,
              std::string_view use) {
    for (const api::Key &key : keys) {
        std::vector<Cell> row{{fmt::format("{}", key.lane())},
                              {fmt::format("{}", key.listen_port())},
                              {key.public_key()}};
        if (!use.empty())
            row.push_back({std::string(use)});
        table.add(std::move(row));
    }
}

/// How far a change of the keys is; empty: there is none.
std::string change_text(const api::Keys &keys) {
    if (keys.next_keys().empty())
        return "";
    std::string out =
        fmt::format("\nThe keys change since {}", time_text(time_from_wire(keys.since())));
    if (keys.waits().empty())
        return out + "; the old ones go within seconds.\n";
    out += fmt::format(", both work; the old ones are kept for {}:\n",
                       plural(static_cast<std::uint64_t>(keys.waits_size()), "peer"));
    for (int i = 0; i < std::min(keys.waits_size(), kWaitsShown); ++i)
        out += fmt::format("  {}: {}\n", printable(keys.waits(i).peer()),
                           printable(keys.waits(i).why()));
    if (keys.waits_size() > kWaitsShown)
        out += fmt::format("  and {} more (--json)\n", keys.waits_size() - kWaitsShown);
    return out;
}

} // namespace

std::string render_keys(const api::Keys &keys, const View &view) {
    std::vector<Column> columns{
        {"LANE", Align::kRight}, {"UDP PORT", Align::kRight}, {"PUBLIC KEY"}};
    const bool changing = !keys.next_keys().empty();
    if (changing)
        columns.push_back({"USE"});
    Table table(std::move(columns));
    add_rows(table, keys.keys(), changing ? "now" : "");
    add_rows(table, keys.next_keys(), "next");
    std::string out = table.render(view) + change_text(keys);
    if (!keys.peer_stanza().empty()) {
        out += "\n" +
               paint("For the other nodes' configuration (coax key --stanza):", Tone::kDim, view);
        out += "\n\n" + printable_lines(keys.peer_stanza());
    }
    return out;
}

void add_key(Verb app, Action &action) {
    auto stanza = std::make_shared<bool>(false);
    const Verb verb = app.add_subcommand("key", "Public keys of this node, one per lane");
    verb.add_flag("--stanza", *stanza, "Only the [[peer]] block to paste on another node");
    const Verb nested =
        verb.add_subcommand("rotate", "Change the lane keys without losing a packet");
    nested.callback([&action] { action = rotate; });
    verb.callback([verb, stanza, &action] {
        if (!verb.has_subcommand())
            action = [stanza](const Session &session) { return run(session, *stanza); };
    });
}

} // namespace coax::cli
