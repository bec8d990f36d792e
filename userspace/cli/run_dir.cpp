// SPDX-License-Identifier: Apache-2.0
#include "cli/run_dir.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>

#include <fmt/format.h>

#include "lib/base/instance_flock.h"

namespace coax::cli {

Result<DeadRunDir> DeadRunDir::take(const std::string &path) {
    const std::string lock_path = path + "/agent.lock";
    UniqueFd lock(::open(lock_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock.valid() && errno == ENOENT)
        return DeadRunDir(path, UniqueFd());
    if (!lock.valid())
        return Error::from_errno("open " + lock_path, errno);
    const Status locked = flock_after_guard(lock.get(), lock_path);
    if (locked.ok())
        return DeadRunDir(path, std::move(lock));
    if (locked.error().code() != ErrorCode::kBusy)
        return locked.error();
    return Error(ErrorCode::kBusy,
                 fmt::format("coaxd runs (pid {} holds {}) but nobody answers at its socket: it is "
                             "starting, or it must be stopped first (systemctl stop coaxd)",
                             lock_holder(lock_path), lock_path));
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
