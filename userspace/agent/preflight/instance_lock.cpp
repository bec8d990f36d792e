// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/instance_lock.h"

#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/base/file.h"

namespace coax {

namespace {

constexpr std::string_view kGuardMark = "guard ";
constexpr std::chrono::milliseconds kGuardPatience{10000};
constexpr std::chrono::milliseconds kRetry{10};

std::string content_of(const std::string &path) {
    const auto text = read_file(path, 32);
    return text.ok() ? text->substr(0, text->find('\n')) : std::string();
}

Error busy(const std::string &path) {
    const std::string holder = content_of(path);
    return {ErrorCode::kBusy,
            fmt::format("another coaxd of this instance runs: pid {} holds {}; stop it "
                        "first, or choose another node.instance",
                        holder.empty() ? "?" : holder, path)};
}

/// kBusy at once while an agent holds it, or when `holder` is a guard.
Status lock(int fd, const std::string &path, InstanceLock::Holder holder) {
    const auto deadline = std::chrono::steady_clock::now() + kGuardPatience;
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return Error::from_errno("lock " + path, errno);
        const bool wait = holder == InstanceLock::Holder::kAgent &&
                          content_of(path).starts_with(kGuardMark) &&
                          std::chrono::steady_clock::now() < deadline;
        if (!wait)
            return busy(path);
        std::this_thread::sleep_for(kRetry);
    }
    return {};
}

} // namespace

Result<InstanceLock> InstanceLock::take(const std::string &run_dir, Holder holder) {
    const std::string path = run_dir + "/agent.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.valid())
        return Error::from_errno("open " + path, errno);
    COAX_TRY(lock(fd.get(), path, holder));
    const std::string pid =
        fmt::format("{}{}\n", holder == Holder::kGuard ? kGuardMark : "", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 ||
        ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return Error::from_errno("write " + path, errno);
    return InstanceLock(path, std::move(fd));
}

Status InstanceLock::remove_file() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
        return Error::from_errno("remove " + path_, errno);
    return {};
}

} // namespace coax
