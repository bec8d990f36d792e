// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/verbs.h"

namespace coax::cli {
namespace {

/// On the command and on each verb, so that they may stand on either side of the verb.
void add_common(Verb app, CommonOptions &common) {
    const std::string group = "Common options";
    app.add_option("-i,--instance", common.instance,
                   "Which agent (default $COAX_INSTANCE, else coax)")
        .type_name("INSTANCE")
        .group(group);
    app.add_option("--socket", common.socket, "Its socket (/run/coax/INSTANCE/agent.sock)")
        .type_name("PATH")
        .group(group);
    app.add_option("--controller", common.controller,
                   "Controller's socket, or file of `coax login`")
        .type_name("PATH")
        .group(group);
    app.add_flag("-j,--json", common.json, "JSON instead of text").group(group);
    app.add_flag("--wide", common.wide, "All columns, nothing shortened").group(group);
    app.add_flag("--no-color", common.no_color, "No colour (also: NO_COLOR)").group(group);
}

void finish(Verb verb, CommonOptions &common) {
    add_common(verb, common);
    verb.footer(exit_code_help());
}

int to_int(ExitCode code) {
    return static_cast<int>(code);
}

} // namespace

void DropTree::operator()(CLI::App *app) const {
    delete app; // NOLINT(cppcoreguidelines-owning-memory): the deleter of a unique_ptr
}

Tree make_app(CommonOptions &common, Action &action) {
    Tree app(new CLI::App("Look into, join and run a Coax overlay.", "coax"));
    app->set_version_flag("--version", fmt::format("coax {}", COAX_VERSION));
    app->require_subcommand(1, 1);
    app->get_formatter()->column_width(28);
    const Verb root(app.get());
    for (const auto add :
         {add_status, add_peers,    add_ports,     add_fdb,         add_drops,      add_key,
          add_why,    add_diff,     add_down,      add_join,        add_controller, add_login,
          add_nodes,  add_networks, add_tokens,    add_revocations, add_audit,      add_wait,
          add_ca,     add_version,  add_completion})
        add(root, action);
    add_common(root, common);
    for (const Verb verb : root.subcommands()) {
        finish(verb, common);
        for (const Verb nested : verb.subcommands())
            finish(nested, common);
    }
    root.footer(exit_code_help());
    return app;
}

int run(std::vector<std::string> arguments, Host &host) {
    CommonOptions common;
    Action action;
    const Tree app = make_app(common, action);
    if (arguments.empty()) {
        host.err << app->help();
        return to_int(ExitCode::kUsage);
    }
    try {
        std::reverse(arguments.begin(), arguments.end()); // the order CLI11 wants
        app->parse(std::move(arguments));
    } catch (const CLI::ParseError &error) {
        const int code = app->exit(error, host.out, host.err);
        return code == 0 ? 0 : to_int(ExitCode::kUsage);
    }
    const Result<Session> session = Session::open(host, common);
    if (!session.ok()) {
        host.err << "coax: " << session.error().message() << '\n';
        return to_int(ExitCode::kUsage);
    }
    return to_int(action(*session));
}

} // namespace coax::cli
