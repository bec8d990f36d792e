// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/uplinks.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "lib/state/mtu.h"

namespace coax {
namespace {

std::optional<bool> native_of(XdpChoice choice) {
    if (choice == XdpChoice::kAuto)
        return std::nullopt;
    return choice == XdpChoice::kNative;
}

bool any_inner_ipv6(const DesiredState &state) {
    const auto is_v6 = [](const IpPrefix &prefix) { return !prefix.address.is_v4(); };
    return std::ranges::any_of(state.networks,
                               [&](const auto &entry) {
                                   return std::ranges::any_of(entry.second.subnets, is_v6);
                               }) ||
           std::ranges::any_of(state.ports, [&](const auto &entry) {
               return std::ranges::any_of(entry.second.addresses, is_v6);
           });
}

bool any_ipv6_endpoint(const DesiredState &state) {
    return std::ranges::any_of(state.peers, [](const auto &entry) {
        return entry.second.endpoint && !entry.second.endpoint->address.is_v4();
    });
}

} // namespace

Result<UnderlayMtu> underlay_mtu_of(const DesiredState &state, std::uint32_t underlay_mtu) {
    const bool outer_ipv6 = any_ipv6_endpoint(state);
    COAX_ASSIGN_OR_RETURN(const std::uint32_t inner,
                          checked_inner_mtu(underlay_mtu, outer_ipv6, any_inner_ipv6(state)));
    return UnderlayMtu{underlay_mtu, lane_mtu(underlay_mtu, outer_ipv6), inner};
}

Status Uplinks::observe(const DesiredState &state) {
    std::vector<UplinkStatus> found;
    for (const std::string &name : state.underlay.uplinks) {
        UplinkStatus uplink;
        uplink.name = name;
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, needs_.links.find(name));
        if (link) {
            uplink.link = link->index;
            uplink.mtu = link->mtu;
            uplink.up = link->up && link->running;
        }
        found.push_back(std::move(uplink));
    }
    status_ = std::move(found);
    return {};
}

bool Uplinks::have_moved(const DesiredState &state) const {
    return std::ranges::any_of(state.underlay.uplinks, [this](const std::string &name) {
        const auto link = needs_.links.find(name);
        const auto known = std::ranges::find(status_, name, &UplinkStatus::name);
        if (!link.ok() || known == status_.end())
            return false;
        return known->link != (*link ? (*link)->index : IfIndex());
    });
}

Status Uplinks::protect(const DesiredState &state, Pass &pass) {
    COAX_TRY(observe(state));
    auto remembered = needs_.memory.uplinks();
    for (const UplinkStatus &uplink : status_) {
        if (uplink.link.value() != 0)
            remembered[uplink.name] = uplink.link;
    }
    COAX_TRY(needs_.memory.set_uplinks(remembered));
    Status first;
    for (UplinkStatus &uplink : status_) {
        const Status done = uplink.link.value() != 0 ? protect_one(state, uplink, pass) : Status();
        if (first.ok())
            first = done;
        report(state, uplink, pass);
    }
    return first;
}

Status Uplinks::protect_one(const DesiredState &state, UplinkStatus &uplink, Pass &pass) {
    auto attached = needs_.datapath.attach_uplink(uplink.link, native_of(state.underlay.xdp));
    if (!attached.ok())
        return attached.error().with_context("guard uplink " + uplink.name);
    uplink.attached = *attached;
    uplink.guarded = true;
    if (attached->changed)
        pass.changed("uplink.guarded", {{"uplink", uplink.name},
                                        {"xdp", xdp_mode_label(attached->xdp_mode)},
                                        {"dispatcher", attached->dispatcher}});
    return {};
}

void Uplinks::report(const DesiredState &state, const UplinkStatus &uplink, Pass &pass) {
    if (uplink.link.value() == 0) {
        pass.degraded("uplink.missing",
                      fmt::format("no interface {} (underlay.uplinks); it is guarded and used as "
                                  "soon as it is there",
                                  uplink.name));
        return;
    }
    if (!uplink.up)
        pass.degraded("uplink.down", fmt::format("uplink {} is down or has no carrier; check the "
                                                 "cable, or ip link set {} up",
                                                 uplink.name, uplink.name));
    if (uplink.attached.xdp_mode == XdpMode::kGeneric && state.underlay.xdp != XdpChoice::kGeneric)
        pass.degraded("xdp.generic",
                      fmt::format("uplink {} runs XDP in generic mode, which is slower{}{}",
                                  uplink.name, uplink.attached.detail.empty() ? "" : ": ",
                                  uplink.attached.detail));
    if (state.underlay.mtu && *state.underlay.mtu > uplink.mtu)
        pass.degraded("uplink.mtu",
                      fmt::format("underlay.mtu is {} but uplink {} has {}; full-size packets are "
                                  "fragmented or lost",
                                  *state.underlay.mtu, uplink.name, uplink.mtu));
}

Result<UnderlayMtu> Uplinks::mtu(const DesiredState &state) {
    std::uint32_t smallest = 0;
    for (const UplinkStatus &uplink : status_) {
        if (uplink.link.value() != 0)
            smallest = smallest == 0 ? uplink.mtu : std::min(smallest, uplink.mtu);
    }
    if (smallest != 0)
        last_mtu_ = smallest;
    const std::uint32_t underlay = state.underlay.mtu.value_or(last_mtu_);
    if (underlay == 0)
        return Error(ErrorCode::kUnavailable,
                     "none of the interfaces in underlay.uplinks exists, and underlay.mtu is not "
                     "set: the MTU of the lanes is not known");
    return underlay_mtu_of(state, underlay);
}

void Uplinks::prune(const DesiredState &state, Pass &pass) {
    auto remembered = needs_.memory.uplinks();
    const auto before = remembered;
    for (const auto &[name, index] : before) {
        if (std::ranges::find(state.underlay.uplinks, name) != state.underlay.uplinks.end())
            continue;
        if (!pass.check(needs_.datapath.detach_uplink(index)))
            continue;
        remembered.erase(name);
        pass.changed("uplink.released", {{"uplink", name}});
    }
    pass.check(needs_.memory.set_uplinks(remembered));
}

} // namespace coax
