// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "unit/trust/temp_folder.h"

namespace coax::test {

struct Outcome {
    int exit_code = -1; // -1: did not exit by itself
    std::string output; // standard output and error
};

/// Runs a program of the system to its end.
Outcome run_program(const std::vector<std::string> &arguments, const std::string &input = "",
                    const std::vector<std::string> &environment = {});

/// A real ssh-agent; ends with the object, and with the test.
class SshAgentProcess {
  public:
    SshAgentProcess();
    SshAgentProcess(const SshAgentProcess &) = delete;
    SshAgentProcess &operator=(const SshAgentProcess &) = delete;
    ~SshAgentProcess();

    [[nodiscard]] std::string socket() const { return folder_.path("agent.sock"); }
    /// ssh-add with these arguments.
    [[nodiscard]] Outcome add(const std::vector<std::string> &arguments) const;

  private:
    TempFolder folder_;
    pid_t pid_ = -1;
};

} // namespace coax::test
