// SPDX-License-Identifier: Apache-2.0
#include "lib/base/file.h"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/base/unique_fd.h"

namespace coax {
namespace {

constexpr mode_t kModeBits = 07777;

Error failed(std::string_view doing, const std::filesystem::path &path) {
    const int error_number = errno;
    return Error::from_errno(fmt::format("{} {}", doing, path.string()), error_number);
}

/// Removes a temporary file unless it was renamed.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    ~TemporaryFile() {
        if (!path_.empty())
            ::unlink(path_.c_str());
    }

    Status rename_to(const std::filesystem::path &target) {
        if (::rename(path_.c_str(), target.c_str()) != 0)
            return failed("rename a temporary file to", target);
        path_.clear();
        return {};
    }

  private:
    std::string path_;
};

Status write_all(int fd, std::string_view content, const std::filesystem::path &path) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return failed("write", path);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

std::filesystem::path parent_of(const std::filesystem::path &path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Status sync_directory(const std::filesystem::path &directory) {
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid())
        return failed("open directory", directory);
    // EINVAL: this file system does not sync directories (some FUSE); nothing better to do.
    if (::fsync(fd.get()) != 0 && errno != EINVAL)
        return failed("sync directory", directory);
    return {};
}

} // namespace

Result<std::string> read_file(const std::filesystem::path &path, std::size_t limit_bytes) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid())
        return failed("open", path);
    std::string content;
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("read", path);
        if (got == 0)
            return content;
        content.append(buffer.data(), static_cast<std::size_t>(got));
        if (content.size() > limit_bytes)
            return Error(ErrorCode::kInvalid, fmt::format("read {}: expected at most {} bytes, "
                                                          "found more; is it the right file?",
                                                          path.string(), limit_bytes));
    }
}

Status write_file_atomically(const std::filesystem::path &path, std::string_view content,
                             std::uint32_t mode) {
    std::string name = (parent_of(path) / fmt::format(".{}.XXXXXX", path.filename().string()));
    const UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd.valid())
        return failed("create a temporary file for", path);
    TemporaryFile temporary(name);
    COAX_TRY(write_all(fd.get(), content, path));
    // After the content: nobody but the owner sees a half-written file, whatever the mode.
    if (::fchmod(fd.get(), mode & kModeBits) != 0)
        return failed("set the mode of", path);
    if (::fsync(fd.get()) != 0)
        return failed("sync", path);
    COAX_TRY(temporary.rename_to(path));
    return sync_directory(parent_of(path));
}

Status ensure_directory(const std::filesystem::path &path, std::uint32_t mode) {
    const auto parent = path.parent_path();
    struct stat info {};
    if (!parent.empty() && ::stat(parent.c_str(), &info) != 0 && errno == ENOENT)
        COAX_TRY(ensure_directory(parent, mode));
    if (::mkdir(path.c_str(), mode & kModeBits) != 0 && errno != EEXIST)
        return failed("create directory", path);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid())
        return failed("open directory", path);
    if (::fstat(fd.get(), &info) != 0)
        return failed("inspect directory", path);
    if ((info.st_mode & kModeBits) == (mode & kModeBits))
        return {};
    if (::fchmod(fd.get(), mode & kModeBits) != 0)
        return failed("set the mode of directory", path);
    return {};
}

} // namespace coax
