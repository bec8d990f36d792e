// SPDX-License-Identifier: Apache-2.0
#include "unit/trust/program.h"

#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/poll_until.h"

namespace coax::test {
namespace {

std::vector<char *> pointers(const std::vector<std::string> &strings) {
    std::vector<char *> result;
    for (const std::string &string : strings)
        result.push_back(const_cast<char *>(string.c_str()));
    result.push_back(nullptr);
    return result;
}

struct Files {
    std::string input = "/dev/null";
    std::string output = "/dev/null";
};

/// The child of this process, which it does not outlive.
pid_t start(const std::vector<std::string> &arguments, const std::vector<std::string> &environment,
            const Files &files) {
    std::vector<std::string> all = environment;
    all.insert(all.end(), {"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent"});
    const auto argv = pointers(arguments);
    const auto envp = pointers(all);
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int input = ::open(files.input.c_str(), O_RDONLY);
    const int output = ::open(files.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execvpe(argv.front(), argv.data(), envp.data());
    ::_exit(127);
}

} // namespace

Outcome run_program(const std::vector<std::string> &arguments, const std::string &input,
                    const std::vector<std::string> &environment) {
    const TempFolder folder;
    const Files files{folder.write("in", input), folder.path("out")};
    const pid_t pid = start(arguments, environment, files);
    int status = 0;
    Outcome outcome;
    if (::waitpid(pid, &status, 0) == pid && WIFEXITED(status))
        outcome.exit_code = WEXITSTATUS(status);
    outcome.output = folder.read("out");
    return outcome;
}

SshAgentProcess::SshAgentProcess() {
    pid_ = start({"ssh-agent", "-D", "-a", socket()}, {}, {});
    if (!poll_until([this] { return add({"-l"}).exit_code == 1; })) // 1: there, without keys
        throw std::runtime_error("ssh-agent does not answer");
}

SshAgentProcess::~SshAgentProcess() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    (void)::waitpid(pid_, &status, 0);
}

Outcome SshAgentProcess::add(const std::vector<std::string> &arguments) const {
    std::vector<std::string> command = {"ssh-add"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command, "", {"SSH_AUTH_SOCK=" + socket()});
}

} // namespace coax::test
