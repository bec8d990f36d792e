// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

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

} // namespace

std::string render_keys(const api::Keys &keys, const View &view) {
    Table table({{"LANE", Align::kRight}, {"UDP PORT", Align::kRight}, {"PUBLIC KEY"}});
    for (const api::Key &key : keys.keys()) {
        table.add({{fmt::format("{}", key.lane())},
                   {fmt::format("{}", key.listen_port())},
                   {key.public_key()}});
    }
    std::string out = table.render(view);
    if (!keys.peer_stanza().empty()) {
        out += "\n" +
               paint("For the other nodes' configuration (coax key --stanza):", Tone::kDim, view);
        out += "\n\n" + printable_lines(keys.peer_stanza());
    }
    return out;
}

void add_key(CLI::App &app, Action &action) {
    auto stanza = std::make_shared<bool>(false);
    CLI::App *verb = app.add_subcommand("key", "Public keys of this node, one per lane");
    verb->add_flag("--stanza", *stanza, "Only the [[peer]] block to paste on another node");
    verb->callback([stanza, &action] {
        action = [stanza](const Session &session) { return run(session, *stanza); };
    });
}

} // namespace coax::cli
