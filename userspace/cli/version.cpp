// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/verbs.h"
#include "coax/abi/limits.h"

namespace coax::cli {
namespace {

/// Works without an agent: then only what this command is.
ExitCode run(const Session &session) {
    AgentClient client(session.socket());
    const Result<api::Status> agent = client.status();
    Json json = {{"version", COAX_VERSION}, {"abi_version", COAX_ABI_VERSION}, {"agent", nullptr}};
    std::string text = fmt::format("coax   {} (ABI {})\n", COAX_VERSION, COAX_ABI_VERSION);
    if (agent.ok()) {
        json["agent"] = {{"version", agent->version()}, {"abi_version", agent->abi_version()}};
        text +=
            fmt::format("coaxd  {} (ABI {})\n", printable(agent->version()), agent->abi_version());
    } else {
        text += fmt::format("coaxd  not known: {}\n", printable(agent.error().message()));
    }
    session.print(text, json);
    return ExitCode::kOk;
}

} // namespace

void add_version(Verb app, Action &action) {
    const Verb verb = app.add_subcommand("version", "Versions of this command and of the agent");
    verb.callback([&action] { action = run; });
}

} // namespace coax::cli
