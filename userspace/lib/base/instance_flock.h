// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// In front of the pid in <run_dir>/agent.lock while the guard from boot holds it, for the second or
/// so of a pass; an agent holds it as long as it lives.
constexpr std::string_view kGuardMark = "guard ";

/// First line of the lock file at `path`; empty when there is none.
std::string lock_holder(const std::string &path);

/// flock(2), exclusive, of the open file `fd` at `path`. Waits for a guard to finish, ten seconds at
/// most, and a moment for a holder that has not written yet who it is. kBusy when it stays locked.
Status flock_after_guard(int fd, const std::string &path);

/// The same without waiting for anybody.
Status flock_now(int fd, const std::string &path);

} // namespace coax
