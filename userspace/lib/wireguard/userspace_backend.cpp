// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/userspace_backend.h"

#include <cerrno>
#include <filesystem>

#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/net/links.h"
#include "lib/wireguard/uapi_codec.h"
#include "lib/wireguard/uapi_socket.h"
#include "lib/wireguard/udp_port.h"

namespace coax {
namespace {

constexpr std::chrono::milliseconds kCallPatience{2000};
constexpr std::chrono::milliseconds kStartPatience{10000}; // a program from a cold or slow disk
constexpr std::chrono::milliseconds kVanishPatience{
    300}; // of a link whose process is on its way out
constexpr int kPauseMs = 2;
// Not $PATH: the agent runs as root, and where its programs come from is no matter of its environment.
constexpr const char *kProgramDirectories = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
constexpr const char *kEmptySet =
    "set=1\n\n"; // changes nothing, says nothing in the log, is answered

Deadline call_deadline() {
    return Deadline::in(kCallPatience);
}

/// Is the error "nobody listens"?
bool nobody(const Error &error) {
    return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kUnavailable;
}

} // namespace

// --- devices ------------------------------------------------------------------------------------

Result<bool> UserspaceWireGuard::ensure_device(const std::string &name, const std::string &alias) {
    const Deadline deadline = call_deadline();
    COAX_ASSIGN_OR_RETURN(Device *const device, find_device(name, deadline));
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
    COAX_ASSIGN_OR_RETURN(const bool answering, answers(name, device, deadline));
    if (device != nullptr && link && answering) {
        if (link->alias != alias)
            COAX_TRY(mark_link(name, alias));
        return false;
    }
    if (device != nullptr)
        COAX_TRY(end_device(name, *device, deadline)); // its link or socket was deleted by hand
    if (link)
        COAX_TRY(wait_for_link_to_vanish(name, Deadline::in(kVanishPatience)));
    COAX_TRY(start_device(name, alias));
    return true;
}

Result<bool> UserspaceWireGuard::answers(const std::string &name, const Device *device,
                                         const Deadline &deadline) {
    auto socket = UapiSocket::connect(name, deadline);
    if (!socket.ok() && nobody(socket.error()))
        return false;
    if (!socket.ok())
        return socket.error();
    const auto answer = socket->transact(kEmptySet, deadline);
    if (answer.ok())
        return true;
    // One that ends just now drops the connection. One that hangs is an error, no reason to kill it.
    if (device != nullptr && device->process.wait_for_end(Deadline::in(kVanishPatience)))
        return false;
    return answer.error();
}

Status UserspaceWireGuard::remove_device(const std::string &name) {
    const Deadline deadline = call_deadline();
    COAX_ASSIGN_OR_RETURN(Device *const device, find_device(name, deadline));
    if (device != nullptr)
        COAX_TRY(end_device(name, *device, deadline));
    std::error_code ignored;
    std::filesystem::remove(record_path(name), ignored);
    return {};
}

Status UserspaceWireGuard::start_device(const std::string &name, const std::string &alias) {
    const Deadline deadline = Deadline::in(kStartPatience);
    COAX_ASSIGN_OR_RETURN(RejectedLog log, RejectedLog::create());
    COAX_ASSIGN_OR_RETURN(WireguardGoProcess process,
                          WireguardGoProcess::start(binary_, name, log.fd()));
    const auto [it, inserted] = devices_.insert_or_assign(
        name, Device{std::move(process), std::optional<RejectedLog>(std::move(log))});
    Device &device = it->second;
    auto ready = wait_until_it_answers(name, device, deadline);
    if (ready.ok())
        ready = write_record(name, device);
    if (ready.ok())
        ready = mark_link(name, alias);
    if (!ready.ok()) {
        (void)device.process.terminate(); // the first error is the one to report
        devices_.erase(name);
    }
    return ready;
}

Status UserspaceWireGuard::wait_until_it_answers(const std::string &name, const Device &device,
                                                 const Deadline &deadline) {
    while (!deadline.passed()) {
        if (device.process.wait_for_end(Deadline::in(std::chrono::milliseconds(kPauseMs))))
            return Error(ErrorCode::kSystem,
                         fmt::format("wireguard-go of {} ended at once; it says: {}", name,
                                     device.log->last_line()));
        auto socket = UapiSocket::connect(name, deadline);
        if (!socket.ok() && nobody(socket.error()))
            continue;
        if (!socket.ok())
            return socket.error();
        COAX_ASSIGN_OR_RETURN(const pid_t listener, socket->listener());
        if (listener == device.process.pid()) {
            auto answer = socket->transact(kEmptySet, deadline);
            return answer.ok() ? Status() : answer.error();
        }
    }
    return Error(ErrorCode::kUnavailable,
                 fmt::format("wireguard-go of {} did not answer within {} ms; it says: {}", name,
                             kStartPatience.count(), device.log->last_line()));
}

Status UserspaceWireGuard::end_device(const std::string &name, Device &device,
                                      const Deadline &deadline) {
    COAX_TRY(device.process.terminate());
    devices_.erase(name);
    // SIGKILL leaves the socket file; nobody listens there, as the process is gone.
    (void)::unlink(uapi_socket_path(name).c_str());
    return wait_for_link_to_vanish(name, deadline);
}

Status UserspaceWireGuard::wait_for_link_to_vanish(const std::string &name,
                                                   const Deadline &deadline) {
    for (;;) {
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
        if (!link)
            return {};
        if (deadline.passed())
            return Error(ErrorCode::kExists,
                         fmt::format("interface {} (kind '{}') exists, but no wireguard-go serves "
                                     "it; remove it with: ip link del {}",
                                     name, link->kind, name));
        (void)::poll(nullptr, 0, kPauseMs);
    }
}

Status UserspaceWireGuard::mark_link(const std::string &name, const std::string &alias) {
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
    if (!link)
        return Error(ErrorCode::kNotFound,
                     fmt::format("wireguard-go answers for {}, but the interface is gone", name));
    COAX_TRY(links_.set_alias(link->index, alias));
    return links_.disable_ipv6_autoconf(link->index);
}

// --- configuration ------------------------------------------------------------------------------

Result<WgDevice> UserspaceWireGuard::read(const std::string &name) {
    const Deadline deadline = call_deadline();
    COAX_ASSIGN_OR_RETURN(UapiSocket socket, UapiSocket::connect(name, deadline));
    COAX_ASSIGN_OR_RETURN(std::string text, socket.transact("get=1\n\n", deadline));
    auto device = parse_uapi_device(text);
    wipe_text(text);
    if (!device.ok())
        return device.error().with_context("read " + name);
    return device;
}

Status UserspaceWireGuard::apply(const std::string &name, const WgDelta &delta,
                                 const PrivateKey &private_key) {
    if (delta.empty())
        return {};
    const Deadline deadline = call_deadline();
    COAX_ASSIGN_OR_RETURN(UapiSocket socket, UapiSocket::connect(name, deadline));
    std::string text = format_uapi_set(delta, private_key);
    auto answer = socket.transact(text, deadline);
    wipe_text(text);
    if (!answer.ok())
        return answer.error();
    COAX_ASSIGN_OR_RETURN(const int error_number, parse_uapi_errno(*answer));
    if (error_number == EADDRINUSE && delta.set_listen_port)
        return udp_port_busy(name, *delta.set_listen_port);
    if (error_number != 0)
        return Error::from_errno("configure WireGuard device " + name, error_number);
    return {};
}

Result<std::uint64_t> UserspaceWireGuard::rejected_sources(const std::string &name) {
    COAX_ASSIGN_OR_RETURN(Device *const device, find_device(name, call_deadline()));
    if (device == nullptr)
        return Error(ErrorCode::kNotFound, "no wireguard-go runs for " + name);
    if (!device->log)
        return Error(ErrorCode::kUnsupported,
                     fmt::format("wireguard-go of {} was not started by Coax: nobody counts the "
                                 "sources it refuses",
                                 name));
    const auto before = device->log->position();
    COAX_TRY(device->log->update());
    if (device->log->position() != before)
        COAX_TRY(write_record(name, *device));
    return device->log->position().total;
}

// --- finding processes again --------------------------------------------------------------------

Result<UserspaceWireGuard::Device *> UserspaceWireGuard::find_device(const std::string &name,
                                                                     const Deadline &deadline) {
    const auto known = devices_.find(name);
    const auto socket = UapiSocket::connect(name, deadline);
    if (!socket.ok() && !nobody(socket.error()))
        return socket.error();
    if (!socket.ok()) {
        if (known != devices_.end() && known->second.process.alive())
            return &known->second;
        return adopt_recorded(name);
    }
    COAX_ASSIGN_OR_RETURN(const pid_t pid, socket->listener());
    if (known != devices_.end() && known->second.process.pid() == pid &&
        known->second.process.alive())
        return &known->second;
    return adopt(name, pid);
}

Result<UserspaceWireGuard::Device *> UserspaceWireGuard::adopt(const std::string &name, pid_t pid) {
    devices_.erase(name);
    COAX_ASSIGN_OR_RETURN(WireguardGoProcess process, WireguardGoProcess::adopt(pid, name));
    Device device{std::move(process), std::nullopt};
    const auto record = read_record(name);
    const bool ours = record && record->pid == device.process.pid() &&
                      record->start_ticks == device.process.start_ticks();
    // Without the log the device works all the same; rejected_sources() says what is missing.
    if (auto fd = device.process.borrow(STDERR_FILENO); fd.ok()) {
        auto log =
            RejectedLog::adopt(*std::move(fd), ours ? record->position : RejectedLog::Position{});
        if (log.ok())
            device.log.emplace(*std::move(log));
    }
    return &devices_.insert_or_assign(name, std::move(device)).first->second;
}

/// A process whose socket file was removed still holds the link.
Result<UserspaceWireGuard::Device *> UserspaceWireGuard::adopt_recorded(const std::string &name) {
    devices_.erase(name);
    const auto record = read_record(name);
    if (!record)
        return nullptr;
    auto device = adopt(name, record->pid);
    // The pid may be another program's by now.
    if (!device.ok() || (*device)->process.start_ticks() != record->start_ticks) {
        devices_.erase(name);
        return nullptr;
    }
    return device;
}

Result<std::unique_ptr<WireGuard>> make_userspace_wireguard(Links &links,
                                                            const std::string &run_dir) {
    COAX_ASSIGN_OR_RETURN(const std::string binary, find_wireguard_go(kProgramDirectories));
    std::error_code error;
    std::filesystem::create_directories(run_dir, error);
    if (error)
        return Error::from_errno("create directory " + run_dir, error.value());
    return std::unique_ptr<WireGuard>(
        std::make_unique<UserspaceWireGuard>(links, run_dir, binary, wireguard_go_version(binary)));
}

} // namespace coax
