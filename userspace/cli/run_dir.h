// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace coax::cli {

/// The run directory of a dead agent, held so that no agent starts in it meanwhile.
class DeadRunDir {
  public:
    /// kBusy when an agent holds the lock: it lives, though nobody answers at its socket.
    static Result<DeadRunDir> take(const std::string &path);

    /// Removes the files an agent keeps there, and the directory when that was all; the paths that
    /// went.
    std::vector<std::string> clear();

  private:
    DeadRunDir(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    UniqueFd lock_; // empty: the agent never got that far, or has cleaned up
};

} // namespace coax::cli
