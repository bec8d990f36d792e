// SPDX-License-Identifier: Apache-2.0
#include "lib/base/private_file.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace coax {
namespace {

constexpr mode_t kModeBits = 07777;
constexpr mode_t kOthers = 077;

} // namespace

Status check_private(const std::filesystem::path &path, int fd, const PrivateMode &mode) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        return Error::from_errno("inspect " + path.string(), errno);
    const mode_t found = info.st_mode & kModeBits;
    if ((found & kOthers) != 0)
        return Error(ErrorCode::kPermission,
                     fmt::format("{} is open to others: expected mode {:04o}, found {:04o}; fix it "
                                 "with: chmod {:04o} {} (and replace the key if others may have "
                                 "read it: {})",
                                 path.string(), mode.expected, found, mode.expected, path.string(),
                                 mode.if_read));
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
        return Error(
            ErrorCode::kPermission,
            fmt::format("{} belongs to user {}: expected user {}; fix it with: chown {} {}",
                        path.string(), info.st_uid, ::geteuid(), ::geteuid(), path.string()));
    return {};
}

Result<SecretBytes> read_secret(const std::filesystem::path &path, int fd,
                                std::size_t limit_bytes) {
    SecretBytes content(limit_bytes + 1);
    std::size_t length = 0;
    while (length < content.size()) {
        const ssize_t got = ::read(fd, content.data() + length, content.size() - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return Error::from_errno("read " + path.string(), errno);
        if (got == 0)
            break;
        length += static_cast<std::size_t>(got);
    }
    if (length > limit_bytes)
        return Error(ErrorCode::kInvalid,
                     fmt::format("read {}: expected at most {} bytes, found more; is it the right "
                                 "file?",
                                 path.string(), limit_bytes));
    content.resize(length);
    return content;
}

} // namespace coax
