// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/render.h"
#include "cli/verbs.h"
#include "cli/watch.h"

namespace coax::cli {
namespace {

struct Options {
    bool check = false;
    WatchOption watch;
};

ExitCode run(const Session &session, const Options &options) {
    const Round round = [&session](AgentClient &agent) -> Result<Block> {
        COAX_ASSIGN_OR_RETURN(const api::Status status, agent.status());
        return Block{render_status(status, session.view()), to_json(status), is_degraded(status)};
    };
    return run_rounds(session, options.watch, options.check, round);
}

} // namespace

void add_status(Verb app, Action &action) {
    auto options = std::make_shared<Options>();
    const Verb verb = app.add_subcommand("status", "This node in one screen: is all well?");
    options->watch.add_to(verb);
    verb.add_flag("--check", options->check, "Exit with 4 when something is degraded")
        .excludes(options->watch.option());
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
