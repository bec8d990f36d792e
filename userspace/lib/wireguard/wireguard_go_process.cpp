// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/wireguard_go_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" { // glibc 2.36 forgot it in this header
#include <sys/pidfd.h>
}

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/net/links.h"
#include "lib/net/netns.h"
#include "lib/wireguard/spawn.h"

namespace coax {
namespace {

constexpr std::string_view kProgram = "wireguard-go"; // short enough for /proc/PID/comm
constexpr std::size_t kProcFileMaxBytes = 65536;
constexpr std::chrono::milliseconds kTermPatience{1000};
constexpr std::chrono::milliseconds kKillPatience{400};
constexpr std::chrono::milliseconds kVersionPatience{10000}; // once, at the start of the agent

Result<std::string> proc_file(pid_t pid, const char *name) {
    return read_file(fmt::format("/proc/{}/{}", pid, name), kProcFileMaxBytes);
}

/// Field 22 of /proc/PID/stat; field 2, the name, may hold blanks and parentheses.
Result<std::uint64_t> start_ticks_of(pid_t pid) {
    constexpr std::size_t kFieldsBetween = 22 - 3;
    COAX_ASSIGN_OR_RETURN(const std::string stat, proc_file(pid, "stat"));
    std::istringstream rest(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
    if (fields.size() <= kFieldsBetween)
        return Error(ErrorCode::kSystem, fmt::format("/proc/{}/stat has too few fields", pid));
    return std::strtoull(fields[kFieldsBetween].c_str(), nullptr, 10);
}

/// The last argument of the command line.
std::string last_argument(const std::string &cmdline) {
    const std::string_view all(cmdline.data(), cmdline.find_last_not_of('\0') + 1);
    return std::string(all.substr(all.rfind('\0') + 1));
}

/// kExists unless `pid` runs wireguard-go for `device` in our network namespace.
Status check_identity(pid_t pid, const std::string &device) {
    COAX_ASSIGN_OR_RETURN(std::string comm, proc_file(pid, "comm"));
    COAX_ASSIGN_OR_RETURN(const std::string cmdline, proc_file(pid, "cmdline"));
    comm.erase(comm.find_last_not_of('\n') + 1);
    if (comm != kProgram || last_argument(cmdline) != device)
        return Error(
            ErrorCode::kExists,
            fmt::format("process {}: expected {} of {}, found {} {}; stop it, or give this "
                        "instance another name",
                        pid, kProgram, device, comm, last_argument(cmdline)));
    COAX_ASSIGN_OR_RETURN(const UniqueFd theirs, open_netns(fmt::format("/proc/{}/ns/net", pid)));
    COAX_ASSIGN_OR_RETURN(const UniqueFd ours, current_netns());
    if (!same_netns(theirs.get(), ours.get()))
        return Error(ErrorCode::kExists,
                     fmt::format("{} of {} (process {}) serves another network namespace: device "
                                 "names must differ between instances that share "
                                 "/var/run/wireguard; set [node] instance",
                                 kProgram, device, pid));
    return {};
}

} // namespace

Result<WireguardGoProcess> WireguardGoProcess::hold(pid_t pid) {
    UniqueFd pidfd(::pidfd_open(pid, 0));
    if (!pidfd.valid())
        return Error::from_errno(fmt::format("hold process {}", pid), errno);
    return WireguardGoProcess(pid, std::move(pidfd));
}

Result<WireguardGoProcess> WireguardGoProcess::start(const std::string &binary,
                                                     const std::string &device, int log_fd) {
    const std::array<std::string, 3> arguments = {binary, "-f", device};
    // Verbose is the level at which refused source addresses are told.
    const std::array<std::string, 3> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                                    "LOG_LEVEL=verbose", "WG_PROCESS_FOREGROUND=1"};
    COAX_ASSIGN_OR_RETURN(const pid_t pid, spawn_session(arguments, environment, log_fd));
    COAX_ASSIGN_OR_RETURN(WireguardGoProcess process, hold(pid));
    COAX_ASSIGN_OR_RETURN(process.start_ticks_, start_ticks_of(pid));
    return process;
}

Result<WireguardGoProcess> WireguardGoProcess::adopt(pid_t pid, const std::string &device) {
    if (pid <= 0)
        return Error(ErrorCode::kExists,
                     fmt::format("{} is served by a process of another pid namespace", device));
    COAX_ASSIGN_OR_RETURN(WireguardGoProcess process, hold(pid));
    COAX_TRY(check_identity(pid, device));
    COAX_ASSIGN_OR_RETURN(process.start_ticks_, start_ticks_of(pid));
    // What was read from /proc is of the held process only if that has not ended meanwhile.
    if (!process.alive())
        return Error(ErrorCode::kNotFound, fmt::format("process {} has ended", pid));
    return process;
}

bool WireguardGoProcess::wait_for_end(const Deadline &deadline) const {
    pollfd waited{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&waited, 1, deadline.remaining_ms());
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return false;
    // Bury it if it is a child of ours; after a restart of the agent it is init's.
    siginfo_t info{};
    (void)::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG);
    return true;
}

bool WireguardGoProcess::alive() const {
    return !wait_for_end(Deadline::in(std::chrono::milliseconds(0)));
}

Status WireguardGoProcess::signal(int number) const {
    if (::pidfd_send_signal(pidfd_.get(), number, nullptr, 0) == 0 || errno == ESRCH)
        return {};
    return Error::from_errno(fmt::format("signal {} of process {}", kProgram, pid_), errno);
}

Status WireguardGoProcess::terminate() {
    COAX_TRY(signal(SIGTERM));
    if (wait_for_end(Deadline::in(kTermPatience)))
        return {};
    COAX_TRY(signal(SIGKILL));
    if (wait_for_end(Deadline::in(kKillPatience)))
        return {};
    return Error(ErrorCode::kUnavailable,
                 fmt::format("{} (process {}) does not end, not even by SIGKILL", kProgram, pid_));
}

Result<UniqueFd> WireguardGoProcess::borrow(int fd) const {
    UniqueFd copy(::pidfd_getfd(pidfd_.get(), fd, 0));
    if (!copy.valid())
        return Error::from_errno(
            fmt::format("share descriptor {} of process {} (needs CAP_SYS_PTRACE)", fd, pid_),
            errno);
    return copy;
}

Result<std::string> find_wireguard_go(const std::string &directories) {
    std::istringstream list(directories);
    for (std::string directory; std::getline(list, directory, ':');) {
        const std::string candidate = fmt::format("{}/{}", directory, kProgram);
        if (directory.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return Error(ErrorCode::kNotFound, "wireguard-go not found: apt-get install wireguard-go, or "
                                       "load the wireguard module (modprobe wireguard)");
}

std::string wireguard_go_version(const std::string &binary) {
    std::string unknown = "(unknown version)";
    const UniqueFd output(::memfd_create("coax-version", MFD_CLOEXEC));
    const std::array<std::string, 2> arguments = {binary, "--version"};
    const auto pid = spawn_session(arguments, {}, output.get());
    if (!pid.ok())
        return unknown;
    siginfo_t info{};
    const UniqueFd pidfd(::pidfd_open(*pid, 0));
    pollfd waited{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waited, 1, static_cast<int>(kVersionPatience.count())) <= 0)
        (void)::pidfd_send_signal(pidfd.get(), SIGKILL, nullptr, 0);
    (void)::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED);
    std::array<char, 256> text{};
    const ssize_t length = ::pread(output.get(), text.data(), text.size(), 0);
    // "wireguard-go v0.0.20220316\n..."
    const std::string_view said(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    const std::size_t v = said.find(" v");
    if (!said.starts_with(kProgram) || v == std::string_view::npos)
        return unknown;
    const auto version = said.substr(v + 2);
    return std::string(version.substr(0, version.find_first_not_of("0123456789.")));
}

} // namespace coax
