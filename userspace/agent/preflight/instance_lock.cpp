// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/instance_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/base/file.h"

namespace coax {

Result<InstanceLock> InstanceLock::take(const std::string &run_dir) {
    const std::string path = run_dir + "/agent.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.valid())
        return Error::from_errno("open " + path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return Error::from_errno("lock " + path, errno);
        std::string pid = read_file(path, 32).ok() ? *read_file(path, 32) : std::string();
        while (!pid.empty() && pid.back() == '\n')
            pid.pop_back();
        return Error(ErrorCode::kBusy,
                     fmt::format("another coaxd of this instance runs: pid {} holds {}; stop it "
                                 "first, or choose another node.instance",
                                 pid.empty() ? "?" : pid, path));
    }
    const std::string pid = fmt::format("{}\n", ::getpid());
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
