// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/preflight.h"

#include <fmt/format.h>

#include "agent/names.h"
#include "agent/peers/lane_config.h"
#include "lib/wireguard/udp_port.h"

namespace coax {
namespace {

/// Is the port of this lane one that a device of ours has already?
Result<bool> holds_port(const DesiredState &state, Links &links, const DesiredState *running,
                        std::uint32_t lane) {
    if (running != nullptr) {
        const std::uint32_t first = running->underlay.listen_port.value();
        const std::uint32_t port = state.underlay.listen_port.value() + lane;
        return port >= first && port < first + running->wireguard.lanes;
    }
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link,
                          links.find(lane_device(state.node.instance, lane)));
    return link.has_value();
}

/// wireguard-go's devices are tun devices; lane 0 is there with the first or with the second keys.
Result<bool> userspace_lanes_run(const DesiredState &state, Links &links) {
    for (const KeySet set : kKeySets) {
        const LaneId lane{set, 0};
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link,
                              links.find(lane_device(state.node.instance, lane.slot())));
        if (link && is_own_alias(state.node.instance, link->alias) && link->kind == "tun")
            return true;
    }
    return false;
}

/// wireguard-go because of `why`; `note` goes on after it and tells whoever did not ask for it.
Result<ChosenBackend> userspace_backend(const DesiredState &state, Links &links,
                                        const std::string &why, std::string_view note) {
    auto made = make_userspace_wireguard(links, state.agent.run_dir);
    if (!made.ok())
        return made.error().with_context(why);
    ChosenBackend chosen{std::move(made).value(), {}};
    if (!note.empty())
        chosen.notes.push_back({"wireguard.userspace", fmt::format("{}{}", why, note)});
    return chosen;
}

} // namespace

Status check_udp_ports(const DesiredState &state, Links &links, const DesiredState *running) {
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane) {
        const UdpPort port(static_cast<std::uint16_t>(state.underlay.listen_port.value() + lane));
        COAX_ASSIGN_OR_RETURN(const bool ours, holds_port(state, links, running, lane));
        if (ours || udp_port_is_free(port))
            continue;
        return Error(
            ErrorCode::kBusy,
            fmt::format("underlay.listen_port: expected free UDP ports, found {} (lane {}) "
                        "in use by another program; `ss -ulnp sport = {}` shows it",
                        port.value(), lane, port.value()));
    }
    return {};
}

Status check_device_names(const DesiredState &state, Links &links) {
    const std::string &instance = state.node.instance;
    std::vector<std::string> names{handover_device(instance)};
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane)
        for (const KeySet set : kKeySets)
            names.push_back(lane_device(instance, LaneId{set, lane}.slot()));
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

Result<ChosenBackend> choose_backend(const DesiredState &state, Links &links) {
    const BackendChoice choice = state.wireguard.backend;
    if (choice == BackendChoice::kUserspace)
        return userspace_backend(state, links, "wireguard.backend = \"userspace\"", "");
    auto kernel = make_kernel_wireguard(links);
    if (!kernel.ok() && choice == BackendChoice::kKernel)
        return kernel.error().with_context("wireguard.backend = \"kernel\"");
    if (!kernel.ok())
        return userspace_backend(
            state, links,
            fmt::format("kernel WireGuard not available: {}", kernel.error().message()),
            "; wireguard-go is used, which is several times slower");
    if (choice == BackendChoice::kAuto) {
        COAX_ASSIGN_OR_RETURN(const bool stay, userspace_lanes_run(state, links));
        if (stay)
            return userspace_backend(
                state, links,
                "kernel WireGuard is available now, but the lanes run on wireguard-go",
                " and were left alone; `coax down` and a start change over");
    }
    return ChosenBackend{std::move(kernel).value(), {}};
}

} // namespace coax
