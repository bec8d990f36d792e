// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include <fmt/format.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/leftovers.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

/// Asks on a terminal only: a script that calls `coax down` means it, as with rm.
bool confirmed(const Session &session, bool yes, const std::string &question) {
    Host &host = session.host();
    if (yes || !host.in_is_terminal)
        return true;
    host.err << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(host.in, answer);
    if (answer == "y" || answer == "Y" || answer == "yes")
        return true;
    host.err << "coax: nothing was removed\n";
    return false;
}

ExitCode report(const Session &session, const LeftoverReport &result, bool by_agent) {
    std::string text;
    for (const std::string &line : result.removed)
        text += fmt::format("removed {}\n", printable(line));
    if (result.removed.empty() && result.failed.empty())
        text = fmt::format("instance {} has nothing here\n", session.instance());
    if (by_agent)
        text += "the agent has stopped\n";
    const Json json = {{"instance", session.instance()},
                       {"by_agent", by_agent},
                       {"removed", result.removed},
                       {"failed", result.failed}};
    session.print(text, json);
    for (const std::string &line : result.failed)
        session.host().err << "coax: not removed: " << printable(line) << '\n';
    return result.failed.empty() ? ExitCode::kOk : ExitCode::kError;
}

ExitCode down_by_agent(const Session &session, bool yes) {
    if (!confirmed(session, yes,
                   fmt::format("Remove all programs, devices and ports of instance {}? Its traffic "
                               "stops.",
                               session.instance())))
        return ExitCode::kError;
    AgentClient client(session.socket());
    const Result<api::DownReply> reply = client.down();
    if (!reply.ok())
        return session.fail(reply.error());
    LeftoverReport result;
    result.removed.assign(reply->removed().begin(), reply->removed().end());
    return report(session, result, true);
}

ExitCode down_without_agent(const Session &session, bool yes) {
    // A mistyped --socket must not pass for a dead agent: the living one has its things elsewhere.
    const bool given = session.socket() != session.default_socket();
    if (given && !std::filesystem::exists(session.run_dir() + "/agent.lock")) {
        return session.fail(Error(
            ErrorCode::kNotFound,
            fmt::format("no agent at {}, and none ever ran there (no agent.lock beside it): check "
                        "--socket; without it, `coax down` removes what instance {} left",
                        session.socket(), session.instance())));
    }
    if (!confirmed(session, yes,
                   fmt::format("No agent answers at {}. Remove what instance {} left behind?",
                               session.socket(), session.instance())))
        return ExitCode::kError;
    const Result<LeftoverReport> result =
        session.host().leftovers.remove(session.instance(), session.run_dir());
    return result.ok() ? report(session, *result, false) : session.fail(result.error());
}

ExitCode run(const Session &session, bool yes) {
    const Status probe = probe_socket(session.socket());
    if (probe.ok())
        return down_by_agent(session, yes);
    // Only a socket that nobody serves means a dead agent; one that is busy would make it all anew.
    if (probe.error().code() == ErrorCode::kNotFound)
        return down_without_agent(session, yes);
    return session.fail(probe.error());
}

} // namespace

void add_down(Verb app, Action &action) {
    auto yes = std::make_shared<bool>(false);
    const Verb verb = app.add_subcommand("down", "Remove all this instance made, stop its agent");
    verb.add_flag("-y,--yes", *yes, "Do not ask");
    verb.callback(
        [yes, &action] { action = [yes](const Session &session) { return run(session, *yes); }; });
}

} // namespace coax::cli
