// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// Puts the calling thread into another network namespace until it is destroyed.
/// Threading: create and destroy on one thread; other threads keep their namespace.
/// Failure: when the way back is refused, the process ends, as going on would configure the wrong
/// namespace.
class NetnsGuard {
  public:
    static Result<NetnsGuard> enter(int netns_fd);
    NetnsGuard(NetnsGuard &&other) noexcept = default;
    NetnsGuard &operator=(NetnsGuard &&other) = delete;
    NetnsGuard(const NetnsGuard &) = delete;
    NetnsGuard &operator=(const NetnsGuard &) = delete;
    ~NetnsGuard();

  private:
    explicit NetnsGuard(UniqueFd home) : home_(std::move(home)) {}
    UniqueFd home_; // empty after a move
};

/// The calling thread's network namespace.
Result<UniqueFd> current_netns();

} // namespace coax
