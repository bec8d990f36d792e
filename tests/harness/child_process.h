// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace coax::test {

struct ProcessPlace {
    int netns_fd = -1;            // -1: the caller's
    std::filesystem::path output; // of both outputs, appended; empty: nowhere
};

/// A program that ends with this object, and with this process. Throws when it cannot be started.
class ChildProcess {
  public:
    explicit ChildProcess(const std::vector<std::string> &arguments,
                          const ProcessPlace &place = {});
    ChildProcess(const ChildProcess &) = delete;
    ChildProcess &operator=(const ChildProcess &) = delete;
    ~ChildProcess();

    void send(int signal) const;
    /// Waits for its end: the exit code, or 128 and the signal.
    int wait();
    /// SIGKILL, and waits.
    void kill();

  private:
    pid_t pid_ = -1;
};

/// Runs a program to its end and returns what it printed; fails the test on another exit code than 0.
std::string run_program(const std::vector<std::string> &arguments, int netns_fd = -1);
/// The same, without an opinion about its success.
int try_program(const std::vector<std::string> &arguments, std::string &output, int netns_fd = -1);

} // namespace coax::test
