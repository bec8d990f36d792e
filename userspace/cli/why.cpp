// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>

#include "cli/client.h"
#include "cli/json.h"
#include "cli/render.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

ExitCode why(const Session &session, const std::string &peer) {
    AgentClient agent(session.socket());
    const Result<api::Control> control = agent.control(peer);
    if (!control.ok())
        return session.fail(control.error());
    if (control->peers().empty())
        return session.fail(Error(
            ErrorCode::kInvalid,
            fmt::format("nobody has told this node of a peer {}: neither the configuration nor a "
                        "controller (coax peers, coax status)",
                        peer)));
    std::string text;
    for (const api::ControlPeer &one : control->peers())
        text += (text.empty() ? "" : "\n") + render_why(one, session.view());
    session.print(text, to_json(*control));
    return ExitCode::kOk;
}

ExitCode diff(const Session &session) {
    AgentClient agent(session.socket());
    const Result<api::Diff> found = agent.diff();
    if (!found.ok())
        return session.fail(found.error());
    session.print(render_diff(*found, session.view()), to_json(*found));
    return found->lines().empty() ? ExitCode::kOk : ExitCode::kDegraded;
}

} // namespace

void add_why(Verb app, Action &action) {
    auto peer = std::make_shared<std::string>();
    const Verb verb = app.add_subcommand("why", "Why a node is a peer of this one, or is not");
    verb.add_option("peer", *peer, "Name of the peer").required().type_name("PEER");
    verb.callback([peer, &action] {
        action = [peer](const Session &session) { return why(session, *peer); };
    });
}

void add_diff(Verb app, Action &action) {
    const Verb verb = app.add_subcommand("diff", "What should be against what the kernel has");
    verb.callback([&action] { action = diff; });
}

} // namespace coax::cli
