// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/net/netns.h"
#include "lib/net/rtnl_links.h"

namespace coax {
namespace {

/// sysfs shows the network namespace of whoever mounted it, so /sys may show another one than ours
/// (nsenter --net, containers). A detached mount, made from inside the namespace and attached
/// nowhere, shows the right one on every kernel from 5.2 on; netlink can set this only from 6.17 on.
Result<UniqueFd> private_sysfs(int netns_fd) {
    COAX_ASSIGN_OR_RETURN(const NetnsGuard guard, NetnsGuard::enter(netns_fd));
    const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC)));
    if (!context.valid())
        return Error::from_errno("open a private sysfs (needs CAP_SYS_ADMIN)", errno);
    if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
        return Error::from_errno("create a private sysfs", errno);
    UniqueFd mount(static_cast<int>(
        ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC)));
    if (!mount.valid())
        return Error::from_errno("mount a private sysfs", errno);
    return mount;
}

} // namespace

Status write_threaded_napi(int netns_fd, const std::string &name, bool on) {
    COAX_ASSIGN_OR_RETURN(const UniqueFd sysfs, private_sysfs(netns_fd));
    const std::string path = fmt::format("class/net/{}/threaded", name);
    const UniqueFd file(::openat(sysfs.get(), path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.valid() && errno == ENOENT)
        return Error(ErrorCode::kUnsupported,
                     fmt::format("interface {}: this kernel has no threaded NAPI", name));
    if (!file.valid())
        return Error::from_errno("open sysfs " + path, errno);
    std::array<char, 16> current{};
    const ssize_t length = ::pread(file.get(), current.data(), current.size(), 0);
    const char wanted = on ? '1' : '0';
    if (length > 0 && current[0] == wanted)
        return {};
    if (::pwrite(file.get(), &wanted, 1, 0) == 1)
        return {};
    const int error_number = errno;
    if (error_number == EOPNOTSUPP)
        return Error(ErrorCode::kUnavailable,
                     fmt::format("interface {} has no NAPI context to run in a thread (a WireGuard "
                                 "device has one per peer: add a peer first)",
                                 name));
    return Error::from_errno(fmt::format("write {} to sysfs {}", wanted, path), error_number);
}

} // namespace coax
