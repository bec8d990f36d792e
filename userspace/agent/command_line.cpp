// SPDX-License-Identifier: Apache-2.0
#include "agent/command_line.h"

#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/version.h"
#include "coax/abi/limits.h"

namespace coax {
namespace {

constexpr const char *kDescription =
    "coaxd - the agent of a Coax node: keeps WireGuard, the BPF data path and the\n"
    "ports of this node as its configuration says. Stopping it (SIGTERM, SIGINT)\n"
    "leaves the data path running; `coax down` removes it. SIGHUP reloads the file.";

constexpr const char *kFooter = "Exit codes:\n"
                                "  0  ended as asked\n"
                                "  1  failed at run time\n"
                                "  2  bad command line or configuration, or one that does not fit\n"
                                "     this machine\n"
                                "  3  a kernel feature is missing\n"
                                "  4  a data path of another ABI version runs; it was left alone";

} // namespace

std::variant<CommandLine, ExitCode> parse_command_line(int argc, char **argv) {
    CommandLine line;
    CLI::App app(kDescription, "coaxd");
    app.footer(kFooter);
    app.add_option("--config", line.config_path, "Configuration file (TOML)")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_flag("--check", line.check,
                 "Check the configuration against this machine, print what it means, end");
    app.add_flag("--help-config", line.help_config, "Print every configuration option, end");
    app.add_flag(
        "--guard-only", line.guard_only,
        "Guard the uplinks and nothing else, those that appear later too; what is guarded\n"
        "stays so when this ends. Steps back while an agent runs");
    app.add_flag("--accept-other-abi", line.accept_other_abi,
                 "Discard a running data path of another ABI version (traffic stops for a moment)");
    app.set_version_flag("--version",
                         fmt::format("coaxd {} (ABI {})", version(), COAX_ABI_VERSION));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kBadConfig;
    }
    return line;
}

ExitCode exit_code_of(const Error &error) {
    switch (error.code()) {
    case ErrorCode::kInvalid:
        return ExitCode::kBadConfig;
    case ErrorCode::kUnsupported:
        return ExitCode::kMissingFeature;
    case ErrorCode::kVersion:
        return ExitCode::kOtherAbi;
    default:
        return ExitCode::kFailed;
    }
}

} // namespace coax
