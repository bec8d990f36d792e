// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/wireguard/deadline.h"

namespace coax {

/// One running wireguard-go, held by pidfd: signals reach it or nobody, never a reused pid.
/// The process is a session of its own and outlives this object and the agent.
/// Threading: one thread. Ownership: the pidfd, not the process.
class WireguardGoProcess {
  public:
    /// Starts `binary -f device` in the calling thread's network namespace, output to `log_fd`.
    static Result<WireguardGoProcess> start(const std::string &binary, const std::string &device,
                                            int log_fd);
    /// The process `pid`, if it is the wireguard-go of `device` in the calling thread's network
    /// namespace; else kExists says what was found, kNotFound that there is none.
    static Result<WireguardGoProcess> adopt(pid_t pid, const std::string &device);

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Start time in clock ticks since boot; with the pid it names the process for good.
    [[nodiscard]] std::uint64_t start_ticks() const { return start_ticks_; }
    [[nodiscard]] bool alive() const;
    /// Waits until it ends; false when `deadline` came first.
    bool wait_for_end(const Deadline &deadline) const;

    /// SIGTERM; SIGKILL when it has not ended within a second.
    Status terminate();

    /// The descriptor `fd` of the process, sharing its open file (pidfd_getfd).
    [[nodiscard]] Result<UniqueFd> borrow(int fd) const;

  private:
    WireguardGoProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    static Result<WireguardGoProcess> hold(pid_t pid);
    Status signal(int number) const;

    pid_t pid_;
    UniqueFd pidfd_;
    std::uint64_t start_ticks_ = 0;
};

/// Path of the program in `directories` (separated by ':'); kNotFound says what to install.
Result<std::string> find_wireguard_go(const std::string &directories);

/// "0.0.20220316", as `wireguard-go --version` says; "(unknown version)" when it does not.
std::string wireguard_go_version(const std::string &binary);

} // namespace coax
