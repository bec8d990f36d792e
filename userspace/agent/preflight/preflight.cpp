// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/preflight.h"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "agent/names.h"
#include "lib/base/unique_fd.h"

namespace coax {
namespace {

bool port_is_free(int family, std::uint16_t port) {
    const UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd.valid())
        return true; // family not there: WireGuard does not bind it either
    if (family == AF_INET) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        return ::bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0 ||
               errno != EADDRINUSE;
    }
    const int only = 1;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    return ::bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0 ||
           errno != EADDRINUSE;
}

} // namespace

Status check_udp_ports(const DesiredState &state, Links &links) {
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane) {
        const std::string device = lane_device(state.node.instance, lane);
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links.find(device));
        const auto port = static_cast<std::uint16_t>(state.underlay.listen_port.value() + lane);
        if (link || (port_is_free(AF_INET, port) && port_is_free(AF_INET6, port)))
            continue;
        return Error(
            ErrorCode::kBusy,
            fmt::format("UDP port {} (underlay.listen_port + lane {}) is in use by another "
                        "program; ss -ulnp 'sport = {}' shows it",
                        port, lane, port));
    }
    return {};
}

Status check_device_names(const DesiredState &state, Links &links) {
    const std::string &instance = state.node.instance;
    std::vector<std::string> names{handover_device(instance)};
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane)
        names.push_back(lane_device(instance, lane));
    for (const std::string &name : names) {
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links.find(name));
        if (link && !is_own_alias(instance, link->alias))
            return Error(ErrorCode::kExists,
                         fmt::format("interface {} exists and is not Coax's (alias \"{}\"); remove "
                                     "it, or choose another node.instance",
                                     name, link->alias));
    }
    return {};
}

Result<ChosenBackend> choose_backend(BackendChoice choice, Links &links,
                                     const std::string &run_dir) {
    ChosenBackend chosen;
    if (choice != BackendChoice::kUserspace) {
        auto kernel = make_kernel_wireguard(links);
        if (kernel.ok()) {
            chosen.wireguard = std::move(kernel).value();
            return chosen;
        }
        if (choice == BackendChoice::kKernel)
            return kernel.error().with_context("wireguard.backend = \"kernel\"");
        chosen.notes.push_back({"wireguard.userspace",
                                fmt::format("kernel WireGuard not available: {}; wireguard-go is "
                                            "used, which is several times slower",
                                            kernel.error().message())});
    }
    auto userspace = make_userspace_wireguard(links, run_dir);
    if (!userspace.ok())
        return userspace.error().with_context(
            chosen.notes.empty() ? "wireguard.backend = \"userspace\""
                                 : "no WireGuard backend: " + chosen.notes.front().text);
    chosen.wireguard = std::move(userspace).value();
    return chosen;
}

} // namespace coax
