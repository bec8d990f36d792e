// SPDX-License-Identifier: Apache-2.0
#include "lib/net/netns.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/nsfs.h>

#include <fmt/format.h>

#include "lib/net/links.h"

namespace coax {
namespace {

constexpr const char *kNamedDirectory = "/run/netns/";

/// Is it a network namespace, not a plain file that `ip netns add` left behind after a reboot?
bool is_netns(int fd) {
    struct statfs info {};
    return ::fstatfs(fd, &info) == 0 && info.f_type == NSFS_MAGIC &&
           ::ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

} // namespace

Result<NetnsGuard> NetnsGuard::enter(int netns_fd) {
    COAX_ASSIGN_OR_RETURN(UniqueFd home, current_netns());
    if (::setns(netns_fd, CLONE_NEWNET) != 0)
        return Error::from_errno("enter network namespace (needs CAP_SYS_ADMIN)", errno);
    return NetnsGuard(std::move(home));
}

NetnsGuard::~NetnsGuard() {
    if (home_.valid() && ::setns(home_.get(), CLONE_NEWNET) != 0) {
        std::perror("return to the home network namespace");
        std::abort();
    }
}

Result<UniqueFd> current_netns() {
    UniqueFd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!fd.valid())
        return Error::from_errno("open /proc/thread-self/ns/net", errno);
    return fd;
}

Result<UniqueFd> open_netns(const std::string &name_or_path) {
    const bool is_path = name_or_path.starts_with('/');
    if (!is_path && (name_or_path.empty() || name_or_path.find('/') != std::string::npos))
        return Error(ErrorCode::kInvalid,
                     fmt::format("network namespace '{}': expected a name without '/' or an "
                                 "absolute path",
                                 name_or_path));
    const std::string path = is_path ? name_or_path : kNamedDirectory + name_or_path;
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const int error_number = errno;
    if (!fd.valid() && error_number == ENOENT)
        return Error(
            ErrorCode::kNotFound,
            fmt::format("network namespace {} does not exist; make it with: ip netns add {}", path,
                        is_path ? "NAME" : name_or_path));
    if (!fd.valid())
        return Error::from_errno(fmt::format("open network namespace {}", path), error_number);
    if (!is_netns(fd.get()))
        return Error(ErrorCode::kInvalid,
                     fmt::format("{} is not a network namespace; a stale name is replaced with: "
                                 "ip netns delete {} && ip netns add {}",
                                 path, name_or_path, name_or_path));
    return fd;
}

bool same_netns(int a, int b) {
    struct stat info_a {};
    struct stat info_b {};
    return ::fstat(a, &info_a) == 0 && ::fstat(b, &info_b) == 0 && info_a.st_dev == info_b.st_dev &&
           info_a.st_ino == info_b.st_ino;
}

} // namespace coax
