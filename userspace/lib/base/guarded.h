// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace coax {

/// A value that threads share: reached only under its lock.
/// Threads: any. What is passed in runs under the lock: it must not reach the same Guarded again,
/// and keeps no reference to the value.
template <typename T>
class Guarded {
  public:
    template <typename... Args>
    explicit Guarded(Args &&...args) : value_(std::forward<Args>(args)...) {}
    Guarded(const Guarded &) = delete;
    Guarded &operator=(const Guarded &) = delete;
    ~Guarded() = default;

    /// What use(value) returns.
    template <typename Use>
    auto with(Use use) {
        const std::lock_guard lock(mutex_);
        return use(value_);
    }

    /// The same, and wakes all who wait.
    template <typename Use>
    auto change(Use use) {
        const std::lock_guard lock(mutex_);
        changed_.notify_all(); // they go on when the lock is free
        return use(value_);
    }

    /// Waits until ready(value) after a change(); false when `deadline` came first.
    template <typename Ready>
    bool wait_until(std::chrono::steady_clock::time_point deadline, Ready ready) {
        std::unique_lock lock(mutex_);
        return changed_.wait_until(lock, deadline, [&] { return ready(value_); });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    T value_;
};

} // namespace coax
