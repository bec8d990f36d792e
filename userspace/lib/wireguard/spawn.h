// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <sys/types.h>

#include "lib/base/result.h"

namespace coax {

/// Starts a program as the leader of its own session, in the calling thread's namespaces: input from
/// /dev/null, output and errors to `output_fd`, no other descriptor, default signals, working
/// directory "/", and only the environment given ("NAME=value").
Result<pid_t> spawn_session(std::span<const std::string> arguments,
                            std::span<const std::string> environment, int output_fd);

} // namespace coax
