// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/netns_claim.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace coax {
namespace {

namespace fs = std::filesystem;

using Inode = std::uint64_t;

/// 0 when there is no such file, or it may not be read; errno says which.
Inode inode_of(const fs::path &path) {
    struct stat info {};
    errno = 0;
    return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

Result<Inode> current_netns() {
    if (const Inode inode = inode_of("/proc/thread-self/ns/net"); inode != 0)
        return inode;
    return Error::from_errno("read /proc/thread-self/ns/net; is /proc mounted?", errno);
}

std::vector<Inode> claimed_netns(const PinPaths &paths) {
    std::vector<Inode> inodes;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(paths.netns, ignored))
        inodes.push_back(std::strtoull(entry.path().filename().c_str(), nullptr, 10));
    return inodes;
}

/// Where the namespace can be entered: a path for nsenter. Empty when it has no name in /run/netns
/// and no process is in it; what only a descriptor or a mount elsewhere keeps alive is not found.
/// kPermission when a process cannot be asked: it may be the one.
Result<std::string> holder_of(Inode netns) {
    bool is_hidden = false;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator("/run/netns", ignored)) {
        if (inode_of(entry.path()) == netns)
            return entry.path().string();
    }
    for (const auto &entry : fs::directory_iterator("/proc", ignored)) {
        const fs::path path = entry.path() / "ns/net";
        if (inode_of(path) == netns)
            return path.string();
        is_hidden |= errno == EACCES || errno == EPERM;
    }
    if (is_hidden)
        return Error(ErrorCode::kPermission,
                     "cannot see the network namespaces of all processes; expected CAP_SYS_PTRACE, "
                     "which root and the units of Coax have");
    return std::string();
}

} // namespace

Status check_netns(const PinPaths &paths) {
    COAX_ASSIGN_OR_RETURN(const Inode current, current_netns());
    for (const Inode claimed : claimed_netns(paths)) {
        if (claimed == current)
            continue;
        COAX_ASSIGN_OR_RETURN(const std::string holder, holder_of(claimed));
        if (!holder.empty())
            return Error(ErrorCode::kBusy,
                         fmt::format("the data path {0} belongs to another network namespace, "
                                     "net:[{1}]: choose another instance name, or work on it from "
                                     "there: nsenter --net={2}",
                                     paths.directory.string(), claimed, holder));
    }
    return {};
}

Status claim_netns(const PinPaths &paths) {
    COAX_TRY(check_netns(paths));
    COAX_ASSIGN_OR_RETURN(const Inode current, current_netns());
    for (const Inode gone : claimed_netns(paths)) {
        if (gone != current)
            ::rmdir((paths.netns / std::to_string(gone)).c_str());
    }
    const fs::path mark = paths.netns / std::to_string(current);
    if (::mkdir(mark.c_str(), 0700) != 0 && errno != EEXIST)
        return Error::from_errno(fmt::format("create {}", mark.string()), errno);
    return {};
}

} // namespace coax
