// SPDX-License-Identifier: Apache-2.0
#include "cli/run_dir.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>

#include <fmt/format.h>

#include "lib/base/file.h"

namespace coax::cli {
namespace {

constexpr std::size_t kPidLimitBytes = 32;

std::string pid_in(const std::string &path) {
    const Result<std::string> text = read_file(path, kPidLimitBytes);
    return text.ok() ? text->substr(0, text->find('\n')) : "?";
}

} // namespace

Result<DeadRunDir> DeadRunDir::take(const std::string &path) {
    const std::string lock_path = path + "/agent.lock";
    UniqueFd lock(::open(lock_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock.valid() && errno == ENOENT)
        return DeadRunDir(path, UniqueFd());
    if (!lock.valid())
        return Error::from_errno("open " + lock_path, errno);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
        return DeadRunDir(path, std::move(lock));
    if (errno != EWOULDBLOCK)
        return Error::from_errno("lock " + lock_path, errno);
    return Error(ErrorCode::kBusy,
                 fmt::format("coaxd runs (pid {} holds {}) but nobody answers at its socket: it is "
                             "starting, or it must be stopped first (systemctl stop coaxd)",
                             pid_in(lock_path), lock_path));
}

std::vector<std::string> DeadRunDir::clear() {
    std::vector<std::string> gone;
    std::error_code ignored;
    const auto remove = [&](const char *name) {
        const std::string file = path_ + "/" + name;
        if (std::filesystem::remove(file, ignored))
            gone.push_back(file);
    };
    if (std::filesystem::is_socket(path_ + "/agent.sock", ignored))
        remove("agent.sock");
    if (lock_.valid()) { // this is an agent's directory, not just where --socket points to
        remove("configured.json");
        remove("agent.lock");
        std::filesystem::remove(path_, ignored); // only when it is empty
    }
    return gone;
}

} // namespace coax::cli
