// SPDX-License-Identifier: Apache-2.0
#include "controller/command_line.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "controller/version.h"
#include "lib/control/hello.h"

namespace coax::controller {
namespace {

constexpr const char *kDescription =
    "coax-controller - what nodes join, and where they learn of each other. Traffic\n"
    "never depends on it. Stopping it (SIGTERM, SIGINT) takes nothing from any node.";

constexpr const char *kFooter = "Exit codes:\n"
                                "  0  ended as asked\n"
                                "  1  failed at run time\n"
                                "  2  bad command line or configuration\n"
                                "  3  a library cannot do what is needed";

void add_folder(CLI::App &app, CommandLine &line) {
    app.add_option("--dir", line.folder, "Folder of configuration, keys and store")
        ->type_name("DIR")
        ->capture_default_str();
}

CLI::App &add_init(CLI::App &app, CommandLine &line) {
    CLI::App &init = *app.add_subcommand("init", "Make what a controller needs; replaces nothing");
    add_folder(init, line);
    init.add_option("--network-id", line.init.network_id, "Name of the overlay")->required();
    init.add_option("--vtep-pool", line.init.vtep_pool, "IPv4 pool inside the tunnels")
        ->capture_default_str();
    init.add_option("--advertise", line.init.advertise,
                    "HOST:PORT where nodes reach this controller; may be given several times");
    init.add_option("--ca", line.init.ca_file,
                    "File with the public keys of the SSH CAs that certify nodes")
        ->type_name("FILE");
    return init;
}

} // namespace

std::variant<CommandLine, ExitCode> parse_command_line(int argc, char **argv) {
    CommandLine line;
    CLI::App app(kDescription, "coax-controller");
    app.footer(kFooter);
    app.require_subcommand(0, 1);
    app.set_version_flag(
        "--version", fmt::format("coax-controller {} (protocol {})", version(), kControlProtocol));
    add_folder(app, line);
    app.add_flag("--check", line.check, "Check configuration, keys and files, then end");
    const CLI::App &init = add_init(app, line);
    CLI::App &run = *app.add_subcommand("run", "Serve; what is done without a verb, too");
    add_folder(run, line);
    run.add_flag("--check", line.check, "Check configuration, keys and files, then end");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kBadConfig;
    }
    line.verb = init.parsed() ? CommandLine::Verb::kInit : CommandLine::Verb::kRun;
    return line;
}

ExitCode exit_code_of(const Error &error) {
    switch (error.code()) {
    case ErrorCode::kInvalid:
        return ExitCode::kBadConfig;
    case ErrorCode::kUnsupported:
        return ExitCode::kMissingFeature;
    default:
        return ExitCode::kFailed;
    }
}

} // namespace coax::controller
