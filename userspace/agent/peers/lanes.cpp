// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/lanes.h"

#include <fmt/format.h>

#include "agent/names.h"
#include "agent/peers/lane_config.h"

namespace coax {
namespace {

constexpr std::chrono::minutes kRestartShown{10};

} // namespace

Status Lanes::ensure(const DesiredState &state, std::uint32_t mtu, Pass &pass) {
    COAX_TRY(reset_status(state));
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane) {
        const Status done = ensure_lane(state, lane, mtu, pass);
        if (done.ok())
            continue;
        const Error error = done.error().with_context(fmt::format("lane {}", lane));
        status_[lane].error = error.message();
        pass.failed(error);
    }
    report_restarts(pass);
    return {};
}

// The tables keep pointing at a lane that is there, whatever fails later in this pass.
Status Lanes::reset_status(const DesiredState &state) {
    status_.resize(state.wireguard.lanes);
    for (std::uint32_t lane = 0; lane < status_.size(); ++lane) {
        status_[lane].device = lane_device(state.node.instance, lane);
        status_[lane].error.clear();
    }
    COAX_ASSIGN_OR_RETURN(const std::vector<Link> links, needs_.links.list());
    for (LaneStatus &lane : status_)
        lane.link = {};
    for (const Link &link : links) {
        const auto lane = lane_of_alias(state.node.instance, link.alias);
        if (lane && *lane < status_.size())
            status_[*lane].link = link.index;
    }
    return {};
}

Status Lanes::ensure_lane(const DesiredState &state, std::uint32_t lane, std::uint32_t mtu,
                          Pass &pass) {
    COAX_TRY(needs_.keys.ensure(lane + 1));
    COAX_ASSIGN_OR_RETURN(const Link link, ensure_device(state, lane, pass));
    COAX_TRY(configure_link(link, mtu, pass));
    COAX_TRY(configure_peers(state, lane, pass));
    COAX_ASSIGN_OR_RETURN(const bool attached, needs_.datapath.attach_lane(link.index));
    if (attached)
        pass.changed("lane.attached", {{"device", link.name}});
    if (!link.up) {
        COAX_TRY(needs_.links.set_up(link.index, true));
        pass.changed("lane.up", {{"device", link.name}, {"mtu", mtu}});
    }
    status_[lane].mtu = mtu;
    set_threaded(lane, state);
    return {};
}

Result<Link> Lanes::ensure_device(const DesiredState &state, std::uint32_t lane, Pass &pass) {
    const std::string &name = status_[lane].device;
    COAX_ASSIGN_OR_RETURN(const bool made, needs_.wireguard.ensure_device(
                                               name, lane_alias(state.node.instance, lane)));
    if (made) {
        pass.changed("lane.created", {{"device", name}});
        if (seen_.contains(lane)) {
            ++restarts_[lane].count;
            restarts_[lane].last = needs_.clock.monotonic_now();
        }
    }
    seen_.insert(lane);
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, needs_.links.find(name));
    if (!link)
        return Error(ErrorCode::kNotFound, fmt::format("device {} is gone again", name));
    status_[lane].link = link->index;
    return *link;
}

Status Lanes::configure_link(const Link &link, std::uint32_t mtu, Pass &pass) {
    if (!settled_.contains(link.index)) {
        COAX_TRY(needs_.links.disable_ipv6_autoconf(link.index));
        settled_.insert(link.index);
    }
    if (link.mtu != mtu) {
        COAX_TRY(needs_.links.set_mtu(link.index, mtu));
        pass.changed("lane.mtu", {{"device", link.name}, {"mtu", mtu}, {"was", link.mtu}});
    }
    return {};
}

Status Lanes::configure_peers(const DesiredState &state, std::uint32_t lane, Pass &pass) {
    const std::string &name = status_[lane].device;
    const WgDeviceConfig desired = lane_config_for(state, lane, needs_.keys.public_key(lane));
    const WgDeviceConfig previous = with_endpoints(desired, needs_.memory.endpoints(lane));
    COAX_ASSIGN_OR_RETURN(const WgDevice actual, needs_.wireguard.read(name));
    WgDelta delta = diff(actual, desired, &previous);
    to_remove_[lane] = std::exchange(delta.remove_peers, {});
    if (!delta.empty()) {
        COAX_TRY(needs_.wireguard.apply(name, delta, needs_.keys.private_key(lane)));
        const auto writes =
            static_cast<std::uint32_t>(delta.set_peers.size() + (delta.set_private_key ? 1U : 0U) +
                                       (delta.set_listen_port ? 1U : 0U));
        pass.changed("lane.configured",
                     {{"device", name},
                      {"peers_set", delta.set_peers.size()},
                      {"key_set", delta.set_private_key},
                      {"port_set", delta.set_listen_port.has_value()}},
                     writes);
    }
    // Remembered only once it is in place: else a failed change of an endpoint would be taken for
    // a peer that roamed.
    return needs_.memory.set_endpoints(lane, endpoints_of(desired));
}

// The kernel takes the setting only once a peer exists.
void Lanes::set_threaded(std::uint32_t lane, const DesiredState &state) {
    if (state.peers.empty())
        return;
    status_[lane].threaded_napi = needs_.links.set_threaded_napi(status_[lane].link, true).ok();
}

void Lanes::prune(const DesiredState &state, Pass &pass) {
    for (std::uint32_t lane = 0; lane < status_.size(); ++lane) {
        WgDelta delta;
        delta.remove_peers = std::exchange(to_remove_[lane], {});
        if (delta.empty() || !status_[lane].error.empty())
            continue;
        const auto count = static_cast<std::uint32_t>(delta.remove_peers.size());
        const std::string &name = status_[lane].device;
        if (pass.check(needs_.wireguard.apply(name, delta, needs_.keys.private_key(lane))))
            pass.changed("lane.peers_removed", {{"device", name}, {"count", count}}, count);
    }
    const auto links = needs_.links.list();
    if (!links.ok())
        return pass.failed(links.error());
    for (const Link &link : *links) {
        const auto lane = lane_of_alias(state.node.instance, link.alias);
        if (!lane || *lane < state.wireguard.lanes)
            continue;
        if (!pass.check(needs_.wireguard.remove_device(link.name)))
            continue;
        pass.changed("lane.removed", {{"device", link.name}});
        pass.check(needs_.memory.set_endpoints(*lane, {}));
        seen_.erase(*lane);
    }
}

Status Lanes::remove_all(const std::string &instance, std::vector<std::string> &removed) {
    COAX_ASSIGN_OR_RETURN(const std::vector<Link> links, needs_.links.list());
    for (const Link &link : links) {
        if (!lane_of_alias(instance, link.alias))
            continue;
        COAX_TRY(needs_.wireguard.remove_device(link.name));
        removed.push_back("WireGuard device " + link.name);
    }
    status_.clear();
    return {};
}

std::vector<IfIndex> Lanes::indices() const {
    std::vector<IfIndex> out;
    for (const LaneStatus &lane : status_)
        out.push_back(lane.link);
    return out;
}

void Lanes::report_restarts(Pass &pass) {
    for (const auto &[lane, restarts] : restarts_) {
        if (needs_.clock.monotonic_now() - restarts.last > kRestartShown)
            continue;
        pass.degraded("wireguard.restarted",
                      fmt::format("lane {}: its WireGuard device ({}) was gone and was made "
                                  "again; sessions were lost. Find out who removes it (times since "
                                  "the agent started: {})",
                                  lane, needs_.wireguard.describe(), restarts.count));
    }
}

} // namespace coax
