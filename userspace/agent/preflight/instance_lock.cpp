// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/instance_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/base/instance_flock.h"

namespace coax {

namespace {

Error busy(const std::string &path) {
    const std::string holder = lock_holder(path);
    if (holder.starts_with(kGuardMark))
        return {ErrorCode::kBusy,
                fmt::format("{} holds {} though a pass of it takes a second: see journalctl --unit "
                            "coax-guard, or end it",
                            holder, path)};
    return {ErrorCode::kBusy,
            fmt::format("another coaxd of this instance runs: pid {} holds {}; stop it "
                        "first, or choose another node.instance",
                        holder.empty() ? "?" : holder, path)};
}

} // namespace

Result<InstanceLock> InstanceLock::take(const std::string &run_dir, Holder holder) {
    const std::string path = run_dir + "/agent.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.valid())
        return Error::from_errno("open " + path, errno);
    const Status locked =
        holder == Holder::kGuard ? flock_now(fd.get(), path) : flock_after_guard(fd.get(), path);
    if (!locked.ok())
        return locked.error().code() == ErrorCode::kBusy ? busy(path) : locked.error();
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
