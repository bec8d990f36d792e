// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/environment.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/datapath/uplinks.h"

namespace coax {
namespace {

Result<std::vector<Link>> find_uplinks(const DesiredState &state, Links &links,
                                       const std::vector<std::string> &tolerated) {
    std::vector<Link> found;
    for (const std::string &name : state.underlay.uplinks) {
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links.find(name));
        if (link)
            found.push_back(*link);
        else if (std::ranges::find(tolerated, name) == tolerated.end())
            return Error(ErrorCode::kInvalid,
                         fmt::format("underlay.uplinks: expected interfaces of this machine, found "
                                     "no interface {}; ip link shows what there is",
                                     name));
    }
    return found;
}

Status check_mtu(const DesiredState &state, const std::vector<Link> &uplinks) {
    for (const Link &uplink : uplinks) {
        const std::uint32_t underlay = state.underlay.mtu.value_or(uplink.mtu);
        const auto mtu = underlay_mtu_of(state, underlay);
        if (!mtu.ok())
            return mtu.error().with_context(state.underlay.mtu ? "underlay.mtu"
                                                               : "uplink " + uplink.name);
        for (const auto &[vni, network] : state.networks) {
            if (network.mtu && *network.mtu > mtu->inner)
                return Error(ErrorCode::kInvalid,
                             fmt::format("network {}: mtu: expected at most {} (uplink {} has {}, "
                                         "WireGuard and VXLAN take {}), found {}",
                                         network.name, mtu->inner, uplink.name, underlay,
                                         underlay - mtu->inner, *network.mtu));
        }
    }
    return {};
}

Status check_addresses(const DesiredState &state, const Link &uplink,
                       const std::vector<IpPrefix> &addresses) {
    for (const IpPrefix &address : addresses) {
        if (state.overlay.vtep_pool.overlaps(address))
            return Error(ErrorCode::kInvalid,
                         fmt::format("overlay.vtep_pool: expected a range that no uplink uses, "
                                     "found {}, which overlaps {} of {}",
                                     state.overlay.vtep_pool.to_string(), address.to_string(),
                                     uplink.name));
        if (!state.underlay.guard_subnets)
            continue;
        for (const auto &[vni, network] : state.networks) {
            for (const IpPrefix &subnet : network.subnets) {
                if (subnet.overlaps(address))
                    return Error(
                        ErrorCode::kInvalid,
                        fmt::format("network {}: subnets: expected ranges that no uplink uses, "
                                    "found {}, which overlaps {} of {}; choose another, or set "
                                    "underlay.guard_subnets = false",
                                    network.name, subnet.to_string(), address.to_string(),
                                    uplink.name));
            }
        }
    }
    return {};
}

} // namespace

Status check_environment(const DesiredState &state, Links &links,
                         const std::vector<std::string> &tolerated) {
    COAX_ASSIGN_OR_RETURN(const std::vector<Link> uplinks, find_uplinks(state, links, tolerated));
    COAX_TRY(check_mtu(state, uplinks));
    for (const Link &uplink : uplinks) {
        COAX_ASSIGN_OR_RETURN(const std::vector<IpPrefix> addresses, links.addresses(uplink.index));
        COAX_TRY(check_addresses(state, uplink, addresses));
    }
    return {};
}

} // namespace coax
