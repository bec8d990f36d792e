// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/base/result.h"

namespace coax::cli {

/// What the shell sees; part of the command's contract (README.md, `coax --help`).
enum class ExitCode {
    kOk = 0,
    kError = 1,       // agent, controller or this command could not do it
    kUsage = 2,       // wrong arguments
    kUnreachable = 3, // no agent or controller, no permission, or no answer
    kDegraded = 4,    // --check: something is not as it should be
};

/// kNotFound, kPermission and kUnavailable are what the client reports when it gets no answer.
ExitCode exit_code_for(const Error &error);

/// The paragraph of `coax --help`.
const char *exit_code_help();

} // namespace coax::cli
