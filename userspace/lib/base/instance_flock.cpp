// SPDX-License-Identifier: Apache-2.0
#include "lib/base/instance_flock.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include <sys/file.h>

#include "lib/base/file.h"

namespace coax {

namespace {

constexpr std::size_t kHolderBytes = 32;
constexpr std::chrono::milliseconds kGuardPatience{10000};
constexpr std::chrono::milliseconds kPatience{200};
constexpr std::chrono::milliseconds kRetry{10};

} // namespace

std::string lock_holder(const std::string &path) {
    const auto text = read_file(path, kHolderBytes);
    return text.ok() ? text->substr(0, text->find('\n')) : std::string();
}

Status flock_now(int fd, const std::string &path) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0)
        return {};
    if (errno != EWOULDBLOCK)
        return Error::from_errno("lock " + path, errno);
    return Error(ErrorCode::kBusy, path + " is locked"); // who holds it: lock_holder()
}

Status flock_after_guard(int fd, const std::string &path) {
    const auto began = std::chrono::steady_clock::now();
    for (;;) {
        Status locked = flock_now(fd, path);
        if (locked.ok() || locked.error().code() != ErrorCode::kBusy)
            return locked;
        const bool is_guard = lock_holder(path).starts_with(kGuardMark);
        if (std::chrono::steady_clock::now() - began > (is_guard ? kGuardPatience : kPatience))
            return locked;
        std::this_thread::sleep_for(kRetry);
    }
}

} // namespace coax
