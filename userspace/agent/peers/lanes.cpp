// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/lanes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/names.h"

namespace coax {
namespace {

constexpr std::chrono::minutes kRestartShown{10};
// Before WireGuard's Reject-After-Time of 180 s, with time to act on it.
constexpr std::chrono::seconds kSessionFresh{150};

/// "lane 0", "lane 0 of the second keys".
std::string lane_text(LaneId id) {
    return fmt::format("lane {}{}", id.lane,
                       id.set == KeySet::kSecond ? " of the second keys" : "");
}

} // namespace

Status Lanes::ensure(const DesiredState &state, std::uint32_t mtu, Pass &pass) {
    COAX_TRY(needs_.keys.ensure(state.wireguard.lanes));
    COAX_TRY(reset_status(state));
    sessions_.clear();
    for (LaneStatus &lane : status_) {
        const Status done = ensure_lane(state, lane, mtu, pass);
        if (done.ok())
            continue;
        const Error error = done.error().with_context(lane_text(lane.id));
        lane.error = error.message();
        pass.failed(error);
    }
    report_restarts(pass);
    return {};
}

// The tables keep pointing at a lane that is there, whatever fails later in this pass.
Status Lanes::reset_status(const DesiredState &state) {
    COAX_ASSIGN_OR_RETURN(const std::vector<Link> links, needs_.links.list());
    const std::vector<LaneStatus> before = std::exchange(status_, {});
    for (const KeySet set : {needs_.keys.in_use(), other(needs_.keys.in_use())}) {
        for (std::uint32_t lane = 0; needs_.keys.has(set) && lane < state.wireguard.lanes; ++lane) {
            const LaneId id{set, lane};
            const auto known =
                std::ranges::find_if(before, [&](const LaneStatus &one) { return one.id == id; });
            LaneStatus status = known == before.end() ? LaneStatus{} : *known;
            status.id = id;
            status.device = lane_device(state.node.instance, id.slot());
            status.error.clear();
            status.link = {};
            status_.push_back(std::move(status));
        }
    }
    for (const Link &link : links) {
        const auto slot = lane_of_alias(state.node.instance, link.alias);
        for (LaneStatus &lane : status_)
            if (slot == lane.id.slot())
                lane.link = link.index;
    }
    return {};
}

Status Lanes::ensure_lane(const DesiredState &state, LaneStatus &lane, std::uint32_t mtu,
                          Pass &pass) {
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
    lane.mtu = mtu;
    set_threaded(lane, state);
    return {};
}

Result<Link> Lanes::ensure_device(const DesiredState &state, LaneStatus &lane, Pass &pass) {
    COAX_ASSIGN_OR_RETURN(const bool made,
                          needs_.wireguard.ensure_device(
                              lane.device, lane_alias(state.node.instance, lane.id.slot())));
    if (made) {
        pass.changed("lane.created", {{"device", lane.device}});
        if (seen_.contains(lane.id)) {
            ++restarts_[lane.id].count;
            restarts_[lane.id].last = needs_.clock.monotonic_now();
        }
    }
    seen_.insert(lane.id);
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, needs_.links.find(lane.device));
    if (!link)
        return Error(ErrorCode::kNotFound, fmt::format("device {} is gone again", lane.device));
    lane.link = link->index;
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

Status Lanes::configure_peers(const DesiredState &state, const LaneStatus &lane, Pass &pass) {
    const LaneId id = lane.id;
    const WgDeviceConfig desired =
        lane_config_for(state, id, needs_.keys.public_key(id.set, id.lane), needs_.keys.changing());
    const WgDeviceConfig previous = with_endpoints(desired, needs_.memory.endpoints(id.slot()));
    COAX_ASSIGN_OR_RETURN(const WgDevice actual, needs_.wireguard.read(lane.device));
    if (watch_)
        note_sessions(id, actual);
    WgDelta delta = diff(actual, desired, &previous);
    to_remove_[id] = std::exchange(delta.remove_peers, {});
    if (!delta.empty()) {
        COAX_TRY(
            needs_.wireguard.apply(lane.device, delta, needs_.keys.private_key(id.set, id.lane)));
        const auto writes =
            static_cast<std::uint32_t>(delta.set_peers.size() + (delta.set_private_key ? 1U : 0U) +
                                       (delta.set_listen_port ? 1U : 0U));
        pass.changed("lane.configured",
                     {{"device", lane.device},
                      {"peers_set", delta.set_peers.size()},
                      {"key_set", delta.set_private_key},
                      {"port_set", delta.set_listen_port.has_value()}},
                     writes);
    }
    // Remembered only once it is in place: else a failed change of an endpoint would be taken for
    // a peer that roamed.
    return needs_.memory.set_endpoints(id.slot(), endpoints_of(desired));
}

void Lanes::note_sessions(LaneId id, const WgDevice &device) {
    const auto now = needs_.clock.system_now();
    std::set<PublicKey> &with = sessions_[id];
    for (const auto &[key, peer] : device.peers)
        if (peer.last_handshake && now - *peer.last_handshake < kSessionFresh)
            with.insert(key);
}

// The kernel takes the setting only once a peer exists.
void Lanes::set_threaded(LaneStatus &lane, const DesiredState &state) {
    if (state.peers.empty())
        return;
    lane.threaded_napi = needs_.links.set_threaded_napi(lane.link, true).ok();
}

bool Lanes::is_wanted(std::uint32_t slot) const {
    return std::ranges::any_of(status_,
                               [&](const LaneStatus &lane) { return lane.id.slot() == slot; });
}

void Lanes::prune(const DesiredState &state, Pass &pass) {
    for (const LaneStatus &lane : status_) {
        WgDelta delta;
        delta.remove_peers = std::exchange(to_remove_[lane.id], {});
        if (delta.empty() || !lane.error.empty())
            continue;
        const auto count = static_cast<std::uint32_t>(delta.remove_peers.size());
        const PrivateKey &key = needs_.keys.private_key(lane.id.set, lane.id.lane);
        if (pass.check(needs_.wireguard.apply(lane.device, delta, key)))
            pass.changed("lane.peers_removed", {{"device", lane.device}, {"count", count}}, count);
    }
    const auto links = needs_.links.list();
    if (!links.ok())
        return pass.failed(links.error());
    for (const Link &link : *links) {
        const auto slot = lane_of_alias(state.node.instance, link.alias);
        if (!slot || is_wanted(*slot))
            continue;
        if (!pass.check(needs_.wireguard.remove_device(link.name)))
            continue;
        pass.changed("lane.removed", {{"device", link.name}});
        pass.check(needs_.memory.set_endpoints(*slot, {}));
        seen_.erase(LaneId::of_slot(*slot));
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

bool Lanes::are_up(KeySet set) const {
    bool any = false;
    for (const LaneStatus &lane : status_) {
        if (lane.id.set != set)
            continue;
        any = true;
        if (lane.link.value() == 0 || !lane.error.empty())
            return false;
    }
    return any;
}

std::vector<IfIndex> Lanes::indices(KeySet set) const {
    std::vector<IfIndex> out;
    for (const LaneStatus &lane : status_)
        if (lane.id.set == set)
            out.push_back(lane.link);
    return out;
}

void Lanes::report_restarts(Pass &pass) {
    for (const auto &[id, restarts] : restarts_) {
        if (needs_.clock.monotonic_now() - restarts.last > kRestartShown)
            continue;
        pass.degraded("wireguard.restarted",
                      fmt::format("{}: its WireGuard device ({}) was gone and was made "
                                  "again; sessions were lost. Find out who removes it (times since "
                                  "the agent started: {})",
                                  lane_text(id), needs_.wireguard.describe(), restarts.count));
    }
}

} // namespace coax
