// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/bpffs.h"

#include <cerrno>

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <fmt/format.h>

#include "lib/base/file.h"

namespace coax {
namespace {

constexpr const char *kMountPoint = "/sys/fs/bpf";
constexpr std::size_t kMountinfoLimitBytes = 4 << 20;

bool is_bpffs(const char *path) {
    struct statfs info {};
    return ::statfs(path, &info) == 0 && static_cast<unsigned long>(info.f_type) == BPF_FS_MAGIC;
}

/// Whether the first process sees the mount too. In a mount namespace of our own (`ip netns exec`
/// makes one) it does not, and the pins die with the last process in there.
bool outlives_us() {
    struct stat info {};
    const auto mounts = read_file("/proc/1/mountinfo", kMountinfoLimitBytes);
    if (!mounts.ok() || ::stat(kMountPoint, &info) != 0)
        return true; // not known: no reason to worry the operator
    const auto device = fmt::format(" {}:{} ", major(info.st_dev), minor(info.st_dev));
    return mounts->find(device) != std::string::npos;
}

} // namespace

Status ensure_bpffs(std::vector<std::string> &notes) {
    if (is_bpffs(kMountPoint))
        return {};
    if (::mount("bpf", kMountPoint, "bpf", 0, "mode=0700") != 0) {
        const int error_number = errno;
        return Error::from_errno(
            fmt::format("mount a bpffs at {0}: expected to find one there or to "
                        "be able to mount it; run `mount -t bpf bpf {0}` as "
                        "root, or check that the kernel has CONFIG_BPF_SYSCALL",
                        kMountPoint),
            error_number);
    }
    if (!outlives_us())
        notes.emplace_back(
            "bpffs was mounted in a private mount namespace, so the pinned data path "
            "is lost when coaxd ends; enter network namespaces with `nsenter --net=`, "
            "not with `ip netns exec`");
    return {};
}

} // namespace coax
