// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "lib/base/result.h"

namespace coax {

/// Exit codes of coaxd, as `--help` lists them.
enum class ExitCode {
    kOk = 0,
    kFailed = 1,
    kBadConfig = 2,
    kMissingFeature = 3,
    kOtherAbi = 4,
};

struct CommandLine {
    std::string config_path = "/etc/coax/coax.toml";
    bool check = false;
    bool help_config = false;
    bool accept_other_abi = false;
    bool guard_only = false;
};

/// The options, or the exit code when the command line itself says all (--help, --version, an error;
/// printed already).
std::variant<CommandLine, ExitCode> parse_command_line(int argc, char **argv);

/// Exit code of an error met while starting.
ExitCode exit_code_of(const Error &error);

} // namespace coax
