// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace coax::cli {

/// Runs a program of the PATH to its end, with our standard output and error. An error unless it
/// exits with 0.
Status run_program(const std::vector<std::string> &arguments);

} // namespace coax::cli
