// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "controller/init.h"
#include "lib/base/result.h"

namespace coax::controller {

/// Exit codes of coax-controller, as `--help` lists them; those of coaxd.
enum class ExitCode {
    kOk = 0,
    kFailed = 1,
    kBadConfig = 2,
    kMissingFeature = 3,
};

struct CommandLine {
    enum class Verb { kRun, kInit };
    Verb verb = Verb::kRun;
    std::string folder = "/var/lib/coax-controller";
    bool check = false;
    InitOptions init; // without `folder`
};

/// The options, or the exit code when the command line itself says all (--help, --version, an error;
/// printed already).
std::variant<CommandLine, ExitCode> parse_command_line(int argc, char **argv);

/// Exit code of an error met while starting.
ExitCode exit_code_of(const Error &error);

} // namespace coax::controller
