// SPDX-License-Identifier: Apache-2.0
#include "lib/rpc/api_socket.h"

#include <cerrno>
#include <vector>

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

namespace coax {
namespace {

constexpr const char *kGroup = "coax";
constexpr std::size_t kGroupBytes = 4096; // at first
constexpr mode_t kSocketMode = 0660;

} // namespace

Status check_socket_path(const std::string &path, std::string_view option) {
    static constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() <= kPathMax)
        return {};
    return Error(ErrorCode::kInvalid,
                 fmt::format("{}: expected a socket path of at most {} bytes, found {} ({})",
                             option, kPathMax, path.size(), path));
}

Status restrict_to_group(const std::string &path) {
    group entry{};
    group *found = nullptr;
    std::vector<char> names(kGroupBytes);
    while (::getgrnam_r(kGroup, &entry, names.data(), names.size(), &found) == ERANGE)
        names.resize(names.size() * 2); // a group of many members
    if (found != nullptr && ::chown(path.c_str(), 0, found->gr_gid) != 0)
        return Error::from_errno("chown " + path + " to group coax", errno);
    if (::chmod(path.c_str(), kSocketMode) != 0)
        return Error::from_errno("chmod " + path, errno);
    return {};
}

} // namespace coax
