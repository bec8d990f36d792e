// SPDX-License-Identifier: Apache-2.0
// main() for tests that start programs which are made to outlive their parent: the tests run in pid
// and mount namespaces of their own, so that nothing is left when they end, fail or are killed, and
// /var/run/wireguard is nobody else's.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace {

constexpr const char *kSocketDirectory = "/var/run/wireguard";

[[noreturn]] void die(const char *what) {
    std::perror(what);
    std::_Exit(EXIT_FAILURE);
}

void isolate_mounts() {
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        die("make mounts private");
    if (::mount("proc", "/proc", "proc", 0, nullptr) != 0)
        die("mount /proc");
    (void)::mkdir(kSocketDirectory, 0755); // it may exist
    if (::mount("tmpfs", kSocketDirectory, "tmpfs", 0, nullptr) != 0)
        die("mount a tmpfs on /var/run/wireguard");
}

int run_as_init(int argc, char **argv) {
    // The kernel ends every process of the pid namespace with its first one, which is this.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        die("prctl");
    isolate_mounts();
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}

} // namespace

int main(int argc, char **argv) {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
        die("make namespaces for the tests (needs root)");
    const pid_t child = ::fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        return run_as_init(argc, argv);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            die("waitpid");
    }
    // Without the leak check of sanitizers: it needs a thread, and the new namespace takes none
    // after its first process has gone. The tests' own process has made its check.
    std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}
