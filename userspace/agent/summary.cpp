// SPDX-License-Identifier: Apache-2.0
#include "agent/summary.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/datapath/tables.h"
#include "agent/datapath/uplinks.h"
#include "agent/names.h"

namespace coax {
namespace {

std::optional<UnderlayMtu> mtu_here(const DesiredState &state, Links &links) {
    std::optional<std::uint32_t> smallest = state.underlay.mtu;
    for (const std::string &name : state.underlay.uplinks) {
        const auto link = links.find(name);
        if (!state.underlay.mtu && link.ok() && *link)
            smallest = std::min(smallest.value_or((*link)->mtu), (*link)->mtu);
    }
    const auto mtu = underlay_mtu_of(state, smallest.value_or(0));
    return mtu.ok() ? std::optional<UnderlayMtu>(*mtu) : std::nullopt;
}

void add_network(std::string &out, const DesiredState &state, const Network &network,
                 std::uint32_t inner_mtu) {
    const auto ports = std::ranges::count_if(
        state.ports, [&](const auto &entry) { return entry.second.vni == network.vni; });
    fmt::format_to(std::back_inserter(out),
                   "network {}: VNI {}, MTU {}, {} members, {} ports here, flood {}\n",
                   network.name, network.vni.value(), network_mtu(network, inner_mtu),
                   network.members.size(), ports, network.flood ? "replicate" : "none");
}

} // namespace

std::string summary_of(const DesiredState &state, Links &links) {
    const UnderlayMtu mtu = mtu_here(state, links).value_or(UnderlayMtu{});
    std::string out;
    const auto line = std::back_inserter(out);
    fmt::format_to(line, "node {} (id {}), VTEP {}, instance {}\n", state.node.name,
                   state.node.id.value(), state.vtep_of(state.node.id).to_string(),
                   state.node.instance);
    fmt::format_to(line, "underlay: {}, MTU {} (lanes {}, networks at most {})\n",
                   fmt::join(state.underlay.uplinks, ", "), mtu.underlay, mtu.lane, mtu.inner);
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane)
        fmt::format_to(line, "lane {}: device {}, UDP port {}\n", lane,
                       lane_device(state.node.instance, lane),
                       state.underlay.listen_port.value() + lane);
    for (const auto &[id, peer] : state.peers)
        fmt::format_to(line, "peer {}: VTEP {}, endpoint {}, lanes {}\n", peer.name,
                       state.vtep_of(id).to_string(),
                       peer.endpoint ? peer.endpoint->to_string() : "none (it calls us)",
                       std::min<std::size_t>(peer.keys.size(), state.wireguard.lanes));
    for (const auto &[vni, network] : state.networks)
        add_network(out, state, network, mtu.inner);
    for (const auto &[name, port] : state.ports)
        fmt::format_to(line, "port {}: network {}, {} {}, MAC {}\n", name,
                       state.networks.at(port.vni).name, port.ifname,
                       port.kind == PortKind::kHost ? "on this node" : "in netns " + port.netns,
                       port.mac.to_string());
    return out;
}

} // namespace coax
