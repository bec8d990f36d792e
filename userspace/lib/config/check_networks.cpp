// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "lib/config/check.h"
#include "lib/state/mtu.h"

namespace coax {
namespace {

bool has_ipv6(const Network &network) {
    return std::any_of(network.subnets.begin(), network.subnets.end(),
                       [](const IpPrefix &subnet) { return !subnet.address.is_v4(); });
}

bool underlay_has_ipv6(const Draft &draft) {
    return std::any_of(draft.peers.begin(), draft.peers.end(), [](const PeerDraft &draft_peer) {
        const auto &endpoint = draft_peer.peer.endpoint;
        return endpoint && !endpoint->address.is_v4();
    });
}

void check_unique(const Draft &draft, Problems &problems) {
    FirstLines<std::string> names;
    FirstLines<Vni> vnis;
    for (const NetworkDraft &network : draft.networks) {
        const int name_line = network.lines.of("name");
        const int vni_line = network.lines.of("vni");
        if (const int other = names.note(network.network.name, name_line); other != 0)
            problems.add(name_line, "network.name",
                         fmt::format("expected a network name of its own, found \"{}\" (also at "
                                     "{}); rename one of them",
                                     network.network.name, problems.place(other)));
        if (const int other = vnis.note(network.network.vni, vni_line); other != 0)
            problems.add(vni_line, "network.vni",
                         fmt::format("expected a VNI of its own, found {} (also at {}); give "
                                     "one of them another",
                                     network.network.vni.value(), problems.place(other)));
    }
}

/// What is wrong with the subnet at `index`, or empty.
std::string subnet_problem(const Network &network, std::size_t index, const IpPrefix &pool) {
    const IpPrefix &subnet = network.subnets[index];
    const std::string text = subnet.to_string();
    if (subnet != subnet.network())
        return fmt::format("expected a prefix without host bits, found {}; write {}", text,
                           subnet.network().to_string());
    if (overlaps_special(subnet))
        return fmt::format("expected unicast addresses, found {}; choose another subnet", text);
    if (subnet.overlaps(pool))
        return fmt::format("expected a subnet apart from overlay.vtep_pool, found {} over {}; "
                           "change one of them",
                           text, pool.to_string());
    for (std::size_t i = 0; i < index; ++i)
        if (subnet.overlaps(network.subnets[i]))
            return fmt::format("expected subnets apart from each other, found {} over {}; keep the "
                               "wider one",
                               text, network.subnets[i].to_string());
    return {};
}

void check_subnets(const Draft &draft, Problems &problems) {
    for (const NetworkDraft &network : draft.networks)
        for (std::size_t i = 0; i < network.network.subnets.size(); ++i) {
            const std::string problem =
                subnet_problem(network.network, i, draft.state.overlay.vtep_pool);
            if (!problem.empty())
                problems.add(network.lines.of("subnets", i), "network.subnets", problem);
        }
}

/// An uplink MTU that the file gives must leave enough for networks. (Else the agent checks the
/// real one.)
void check_underlay_mtu(const Draft &draft, Problems &problems) {
    const auto underlay = draft.state.underlay.mtu;
    if (!underlay)
        return;
    const bool inner_ipv6 =
        std::any_of(draft.networks.begin(), draft.networks.end(),
                    [](const NetworkDraft &network) { return has_ipv6(network.network); });
    const auto inner = checked_inner_mtu(*underlay, underlay_has_ipv6(draft), inner_ipv6);
    if (!inner.ok()) {
        problems.add(draft.lines_of("underlay").of("mtu"), "underlay.mtu", inner.error().message());
        return;
    }
    for (const NetworkDraft &network : draft.networks)
        if (network.network.mtu.value_or(0) > *inner)
            problems.add(network.lines.of("mtu"), "network.mtu",
                         fmt::format("expected at most {} over an underlay MTU of {}, found {}; "
                                     "lower it, or leave it out",
                                     *inner, *underlay, *network.network.mtu));
}

void check_network_mtu(const Draft &draft, Problems &problems) {
    for (const NetworkDraft &network : draft.networks) {
        const auto mtu = network.network.mtu;
        if (mtu && *mtu < kMinInnerMtuIpv6 && has_ipv6(network.network))
            problems.add(network.lines.of("mtu"), "network.mtu",
                         fmt::format("expected at least {} with an IPv6 subnet, found {}; IPv6 "
                                     "needs it",
                                     kMinInnerMtuIpv6, *mtu));
    }
}

} // namespace

void check_networks(const Draft &draft, Problems &problems) {
    check_unique(draft, problems);
    check_subnets(draft, problems);
    check_underlay_mtu(draft, problems);
    check_network_mtu(draft, problems);
}

} // namespace coax
