// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/bpffs.h"

#include <cerrno>
#include <filesystem>

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include <fmt/format.h>

namespace coax {
namespace {

constexpr const char *kMountPoint = "/sys/fs/bpf";

bool is_bpffs(const char *path) {
    struct statfs info {};
    return ::statfs(path, &info) == 0 && static_cast<unsigned long>(info.f_type) == BPF_FS_MAGIC;
}

/// In a mount namespace of our own (`ip netns exec` makes one) pins die with the last process in it.
bool in_private_mount_namespace() {
    std::error_code ignored;
    const auto init = std::filesystem::read_symlink("/proc/1/ns/mnt", ignored);
    const auto self = std::filesystem::read_symlink("/proc/self/ns/mnt", ignored);
    return !init.empty() && !self.empty() && init != self;
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
    if (in_private_mount_namespace())
        notes.emplace_back(
            "bpffs was mounted in a private mount namespace, so the pinned data path "
            "is lost when coaxd ends; enter network namespaces with `nsenter --net=`, "
            "not with `ip netns exec`");
    return {};
}

} // namespace coax
