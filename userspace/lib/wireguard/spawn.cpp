// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/spawn.h"

#include <csignal>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace coax {
namespace {

class FileActions {
  public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }
    FileActions(const FileActions &) = delete;
    FileActions &operator=(const FileActions &) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    posix_spawn_file_actions_t *get() { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

class Attributes {
  public:
    Attributes() { ::posix_spawnattr_init(&attributes_); }
    Attributes(const Attributes &) = delete;
    Attributes &operator=(const Attributes &) = delete;
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    posix_spawnattr_t *get() { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

/// The strings as the kernel wants them; they are only read.
std::vector<char *> pointers(std::span<const std::string> strings) {
    std::vector<char *> result;
    for (const auto &string : strings)
        result.push_back(const_cast<char *>(string.c_str()));
    result.push_back(nullptr);
    return result;
}

int describe_session(FileActions &actions, Attributes &attributes, int output_fd) {
    sigset_t none{};
    sigset_t all{};
    sigemptyset(&none);
    sigfillset(&all);
    const std::vector<int> results = {
        ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0),
        ::posix_spawn_file_actions_adddup2(actions.get(), output_fd, STDOUT_FILENO),
        ::posix_spawn_file_actions_adddup2(actions.get(), output_fd, STDERR_FILENO),
        // A library's descriptor without CLOEXEC would stay open for as long as the program runs.
        ::posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1),
        ::posix_spawn_file_actions_addchdir_np(actions.get(), "/"),
        ::posix_spawnattr_setsigmask(attributes.get(), &none),
        ::posix_spawnattr_setsigdefault(attributes.get(), &all),
        ::posix_spawnattr_setflags(attributes.get(), POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                         POSIX_SPAWN_SETSIGDEF)};
    for (const int result : results) {
        if (result != 0)
            return result;
    }
    return 0;
}

} // namespace

Result<pid_t> spawn_session(std::span<const std::string> arguments,
                            std::span<const std::string> environment, int output_fd) {
    FileActions actions;
    Attributes attributes;
    int result = describe_session(actions, attributes, output_fd);
    pid_t pid = 0;
    if (result == 0)
        result = ::posix_spawn(&pid, arguments.front().c_str(), actions.get(), attributes.get(),
                               pointers(arguments).data(), pointers(environment).data());
    if (result != 0)
        return Error::from_errno("start " + arguments.front(), result);
    return pid;
}

} // namespace coax
