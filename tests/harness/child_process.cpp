// SPDX-License-Identifier: Apache-2.0
#include "harness/child_process.h"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "harness/scratch_folder.h"
#include "lib/base/file.h"

namespace coax::test {
namespace {

constexpr int kNotStarted = 127;
constexpr std::size_t kOutputMaxBytes = 1024 * 1024;

/// Between fork and exec: system calls only, another thread may have held a lock.
[[noreturn]] void become(char *const *arguments, const char *output, int netns_fd) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || ::dup2(out, STDOUT_FILENO) < 0 || ::dup2(out, STDERR_FILENO) < 0)
        ::_exit(kNotStarted);
    if (netns_fd >= 0 && ::setns(netns_fd, CLONE_NEWNET) != 0)
        ::_exit(kNotStarted);
    ::execvp(arguments[0], arguments);
    ::_exit(kNotStarted);
}

std::string joined(const std::vector<std::string> &words) {
    std::string text;
    for (const auto &word : words)
        text += word + " ";
    return text;
}

} // namespace

ChildProcess::ChildProcess(const std::vector<std::string> &arguments, const ProcessPlace &place) {
    std::vector<std::string> copies = arguments;
    std::vector<char *> pointers;
    for (auto &word : copies)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const std::string output = place.output.empty() ? "/dev/null" : place.output.string();
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0)
        become(pointers.data(), output.c_str(), place.netns_fd);
}

ChildProcess::~ChildProcess() {
    kill();
}

void ChildProcess::send(int signal) const {
    if (pid_ > 0)
        (void)::kill(pid_, signal);
}

int ChildProcess::wait() {
    if (pid_ <= 0)
        return 0;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ChildProcess::kill() {
    send(SIGKILL);
    wait();
}

int try_program(const std::vector<std::string> &arguments, std::string &output, int netns_fd) {
    const ScratchFolder folder;
    const auto path = folder.path() / "output";
    const int code = ChildProcess(arguments, {netns_fd, path}).wait();
    const auto printed = read_file(path, kOutputMaxBytes);
    output = printed.ok() ? *printed : printed.error().message();
    return code;
}

std::string run_program(const std::vector<std::string> &arguments, int netns_fd) {
    std::string output;
    const int code = try_program(arguments, output, netns_fd);
    EXPECT_EQ(code, 0) << joined(arguments) << "\n" << output;
    return output;
}

} // namespace coax::test
