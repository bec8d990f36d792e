// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// Held while the agent of an instance runs: flock on <run_dir>/agent.lock, which holds the pid.
/// The guard from boot (guard/boot_guard.h) holds it for the second or so of each of its passes, so
/// that the two never open the data path at the same time; then kGuardMark is in front of the pid.
/// The kernel lets go of it when the process ends, however it ends.
class InstanceLock {
  public:
    enum class Holder { kAgent, kGuard };

    /// kBusy, naming the pid, when another agent of the instance runs. An agent waits for a guard to
    /// finish its pass, ten seconds at most.
    static Result<InstanceLock> take(const std::string &run_dir, Holder holder = Holder::kAgent);

    /// Removes the file; the lock is held until destruction.
    Status remove_file() const;

  private:
    InstanceLock(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string path_;
    UniqueFd fd_;
};

} // namespace coax
