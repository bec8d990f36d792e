// SPDX-License-Identifier: Apache-2.0
#include "cli/run_program.h"

#include <cerrno>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coax::cli {

Status run_program(const std::vector<std::string> &arguments) {
    const std::string command = fmt::format("{}", fmt::join(arguments, " "));
    std::vector<std::string> copies = arguments;
    std::vector<char *> argv;
    argv.reserve(copies.size() + 1);
    for (std::string &argument : copies)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv.front(), nullptr, nullptr, argv.data(), environ);
    if (error != 0)
        return Error::from_errno("run " + command, error);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return Error::from_errno("wait for " + command, errno);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return {};
    return Error(ErrorCode::kSystem,
                 fmt::format("{} failed: run it by hand and see what it says", command));
}

} // namespace coax::cli
