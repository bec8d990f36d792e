// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

namespace coax::cli {

ExitCode exit_code_for(const Error &error) {
    switch (error.code()) {
    case ErrorCode::kNotFound:
    case ErrorCode::kPermission:
    case ErrorCode::kUnavailable:
        return ExitCode::kUnreachable;
    default:
        return ExitCode::kError;
    }
}

const char *exit_code_help() {
    return "Exit codes:\n"
           "  0  ok\n"
           "  1  error: the agent, the controller or this command could not do it\n"
           "  2  usage: wrong arguments\n"
           "  3  agent or controller not reachable: not running, no permission, or no\n"
           "     answer in time\n"
           "  4  degraded: status --check, peers --check or diff found something\n";
}

} // namespace coax::cli
