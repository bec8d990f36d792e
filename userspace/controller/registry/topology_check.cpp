// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/topology_check.h"

#include <fmt/format.h>

#include "lib/config/check_overlay.h"
#include "lib/config/default_mac.h"
#include "lib/control/wire_state.h"

namespace coax::controller {
namespace {

std::string text_of(const PortKey &key) {
    return fmt::format("port {} of node {}", key.second, key.first.value());
}

/// Networks with `last` at the end: of two that do not agree, the later is named.
Result<std::vector<Network>> networks_for(const TopologyFacts &facts, NodeId node,
                                          const std::string &last) {
    std::vector<Network> networks;
    const auto add = [&](const v1::Network &wire) -> Status {
        COAX_ASSIGN_OR_RETURN(WireNetwork read, network_from_wire(wire));
        if (read.all_nodes)
            read.network.members.insert(node);
        networks.push_back(std::move(read.network));
        return {};
    };
    for (const auto &[name, wire] : facts.networks)
        if (name != last)
            COAX_TRY(add(wire));
    if (const auto found = facts.networks.find(last); found != facts.networks.end())
        COAX_TRY(add(found->second));
    return networks;
}

Result<Port> resolved(const TopologyFacts &facts, const v1::Port &wire) {
    COAX_ASSIGN_OR_RETURN(WirePort read, port_from_wire(wire));
    const auto network = facts.networks.find(read.network);
    if (network != facts.networks.end())
        read.port.vni = Vni(network->second.vni());
    if (read.port.mac.is_zero()) // what an agent with the default instance will use
        read.port.mac = default_port_mac(NodeConfig{}.instance, read.node, read.port.name);
    return std::move(read.port);
}

/// The part of one node; `last_network` and `last_port` are what changes.
Status check_node(const TopologyFacts &facts, NodeId node, const std::string &last_network,
                  const std::string &last_port) {
    OverlayItems items;
    items.node.id = node;
    items.node.name = fmt::format("node {}", node.value());
    items.vtep_pool = facts.vtep_pool;
    COAX_ASSIGN_OR_RETURN(items.networks, networks_for(facts, node, last_network));
    const auto first = facts.ports.lower_bound({node, ""});
    for (auto port = first; port != facts.ports.end() && port->first.first == node; ++port)
        if (port->first.second != last_port) {
            COAX_ASSIGN_OR_RETURN(Port read, resolved(facts, port->second));
            items.ports.push_back(std::move(read));
        }
    if (const auto port = facts.ports.find({node, last_port}); port != facts.ports.end()) {
        COAX_ASSIGN_OR_RETURN(Port read, resolved(facts, port->second));
        items.ports.push_back(std::move(read));
    }
    return check_overlay(items);
}

/// What nobody else may have in a network.
std::set<std::string> addresses_of(const Port &port) {
    std::set<std::string> all = {port.mac.to_string()};
    for (const MacAddress &mac : port.more_macs)
        all.insert(mac.to_string());
    for (const IpPrefix &address : port.addresses)
        all.insert(address.address.to_string());
    for (const IpAddress &ip : port.more_ips)
        all.insert(ip.to_string());
    return all;
}

Status check_elsewhere(const TopologyFacts &facts, const PortKey &key, const v1::Port &wire) {
    COAX_ASSIGN_OR_RETURN(const Port port, resolved(facts, wire));
    const std::set<std::string> addresses = addresses_of(port);
    for (const auto &[other_key, other_wire] : facts.ports) {
        if (other_key.first == key.first || other_wire.network() != wire.network())
            continue;
        COAX_ASSIGN_OR_RETURN(const Port other, resolved(facts, other_wire));
        for (const std::string &address : addresses_of(other))
            if (addresses.contains(address))
                return Error(ErrorCode::kInvalid,
                             fmt::format("{}: expected addresses of its own in network {}, found "
                                         "{} (also at {}); change one of them",
                                         text_of(key), wire.network(), address,
                                         text_of(other_key)));
    }
    return {};
}

} // namespace

Status check_network(const TopologyFacts &facts, const std::string &name) {
    COAX_TRY(check_node(facts, NodeId(), name, "")); // the networks alone
    std::set<NodeId> nodes;
    for (const auto &[key, port] : facts.ports)
        if (port.network() == name)
            nodes.insert(key.first);
    for (const NodeId node : nodes) {
        const Status checked = check_node(facts, node, name, "");
        if (!checked.ok())
            return checked.error().with_context(fmt::format("on node {}", node.value()));
    }
    return {};
}

Status check_port(const TopologyFacts &facts, const PortKey &port) {
    const auto found = facts.ports.find(port);
    COAX_TRY(check_node(facts, port.first, found->second.network(), port.second));
    return check_elsewhere(facts, port, found->second);
}

} // namespace coax::controller
