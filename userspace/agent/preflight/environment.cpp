// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/environment.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/datapath/uplinks.h"

namespace coax {
namespace {

/// The checks over one configuration on one machine.
class Check {
  public:
    Check(const DesiredState &state, Links &links, const ConfigLocator &config)
        : state_(state), links_(links), config_(config) {}

    Status run(const std::vector<std::string> &tolerated) {
        COAX_TRY(find_uplinks(tolerated));
        for (const Link &uplink : uplinks_) {
            COAX_TRY(check_mtu(uplink));
            COAX_ASSIGN_OR_RETURN(const auto addresses, links_.addresses(uplink.index));
            for (const IpPrefix &address : addresses)
                COAX_TRY(check_address(uplink, address));
        }
        return {};
    }

  private:
    [[nodiscard]] Error invalid(std::pair<std::string_view, std::string_view> section,
                                std::string_view key, const std::string &text) const {
        return {ErrorCode::kInvalid,
                fmt::format("{}: {}", config_.where(section.first, section.second, key), text)};
    }

    Status find_uplinks(const std::vector<std::string> &tolerated) {
        for (const std::string &name : state_.underlay.uplinks) {
            COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
            if (link)
                uplinks_.push_back(*link);
            else if (std::ranges::find(tolerated, name) == tolerated.end())
                return invalid(
                    {"underlay", ""}, "uplinks",
                    fmt::format("expected interfaces of this machine, found no interface "
                                "{}; `ip link` shows what there is",
                                name));
        }
        return {};
    }

    Status check_mtu(const Link &uplink) const {
        const std::uint32_t underlay = state_.underlay.mtu.value_or(uplink.mtu);
        const auto mtu = underlay_mtu_of(state_, underlay);
        if (!mtu.ok())
            return invalid({"underlay", ""}, state_.underlay.mtu ? "mtu" : "uplinks",
                           mtu.error()
                               .with_context(state_.underlay.mtu ? "mtu" : "uplink " + uplink.name)
                               .message());
        for (const auto &[vni, network] : state_.networks) {
            if (network.mtu && *network.mtu > mtu->inner)
                return invalid({"network", network.name}, "mtu",
                               fmt::format("expected at most {} ({} of uplink {}, less {} for "
                                           "WireGuard and VXLAN), found {}",
                                           mtu->inner, underlay, uplink.name, underlay - mtu->inner,
                                           *network.mtu));
        }
        return {};
    }

    Status check_address(const Link &uplink, const IpPrefix &address) const {
        if (state_.overlay.vtep_pool.overlaps(address))
            return invalid({"overlay", ""}, "vtep_pool",
                           fmt::format("expected a range that no uplink uses, found {}, which "
                                       "overlaps {} of {}",
                                       state_.overlay.vtep_pool.to_string(), address.to_string(),
                                       uplink.name));
        if (!state_.underlay.guard_subnets)
            return {};
        for (const auto &[vni, network] : state_.networks) {
            for (const IpPrefix &subnet : network.subnets) {
                if (subnet.overlaps(address))
                    return invalid(
                        {"network", network.name}, "subnets",
                        fmt::format("expected ranges that no uplink uses, found {}, which "
                                    "overlaps {} of {}; choose another, or set "
                                    "underlay.guard_subnets = false",
                                    subnet.to_string(), address.to_string(), uplink.name));
            }
        }
        return {};
    }

    const DesiredState &state_;
    Links &links_;
    const ConfigLocator &config_;
    std::vector<Link> uplinks_;
};

} // namespace

Status check_environment(const DesiredState &state, Links &links,
                         const std::vector<std::string> &tolerated, const ConfigLocator &config) {
    return Check(state, links, config).run(tolerated);
}

} // namespace coax
