// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/topology.h"

#include <algorithm>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "controller/registry/cluster.h"
#include "controller/registry/keys.h"
#include "controller/registry/node_ids.h"
#include "controller/registry/nodes.h"
#include "controller/registry/topology_check.h"
#include "lib/base/text.h"
#include "lib/control/wire_state.h"

namespace coax::controller {
namespace {

/// All there is, held until the change is committed.
Result<TopologyFacts> read_facts(Change &change) {
    const std::string key(kTopologyKey);
    COAX_ASSIGN_OR_RETURN(const auto topology, change.read<record::Topology>(key));
    record::Topology next = topology.value_or(record::Topology());
    next.set_changes(next.changes() + 1);
    COAX_ASSIGN_OR_RETURN(const record::Cluster cluster, read_cluster(change));
    TopologyFacts facts;
    COAX_ASSIGN_OR_RETURN(facts.vtep_pool, IpPrefix::parse(cluster.vtep_pool()));
    COAX_ASSIGN_OR_RETURN(const auto networks, change.list<v1::Network>(kNetworkPrefix));
    for (const v1::Network &network : networks)
        facts.networks.emplace(network.name(), network);
    COAX_ASSIGN_OR_RETURN(const auto ports, change.list<v1::Port>(kPortPrefix));
    for (const v1::Port &port : ports)
        facts.ports.emplace(std::pair(NodeId(port.node_id()), port.name()), port);
    change.put(key, next);
    return facts;
}

Result<std::uint32_t> free_vni(const TopologyFacts &facts) {
    std::set<std::uint32_t> used;
    for (const auto &[name, network] : facts.networks)
        used.insert(network.vni());
    for (std::uint32_t vni = 1; vni <= COAX_VNI_MAX; ++vni)
        if (!used.contains(vni))
            return vni;
    return Error(ErrorCode::kTooLarge, "all VNIs are in use; remove a network");
}

template <typename Message>
std::string old_and_new(const Message *before, const Message &now) {
    return (before == nullptr ? "" : before->ShortDebugString() + " -> ") + now.ShortDebugString();
}

template <typename Map>
const typename Map::mapped_type *find(const Map &map, const typename Map::key_type &key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

Error exists(std::string_view what, const std::string &name) {
    return Error(ErrorCode::kExists,
                 fmt::format("{} {} is there already; choose another name, or change that one",
                             what, coax::quoted(name)));
}

Error no_network(const std::string &name) {
    return Error(
        ErrorCode::kNotFound,
        fmt::format("there is no network {}; `coax networks` lists them", coax::quoted(name)));
}

/// An id that nobody has yet would make a member of whoever gets it.
Status check_members(Change &change, const v1::Network &network) {
    COAX_ASSIGN_OR_RETURN(const auto ids, change.read<record::NodeIds>(std::string(kNodeIdsKey)));
    for (const std::uint32_t member : network.members())
        if (!ids || !is_used(*ids, NodeId(member)))
            return Error(ErrorCode::kInvalid,
                         fmt::format("network.members: expected ids of nodes, found {} which no "
                                     "node has; `coax nodes` lists them",
                                     member));
    return {};
}

Status add_network(Change &change, v1::Network network, bool must_be_new) {
    COAX_ASSIGN_OR_RETURN(TopologyFacts facts, read_facts(change));
    const v1::Network *before = find(facts.networks, network.name());
    if (before != nullptr && must_be_new)
        return exists("network", network.name());
    if (network.vni() == 0) {
        COAX_ASSIGN_OR_RETURN(const std::uint32_t free, free_vni(facts));
        network.set_vni(before != nullptr ? before->vni() : free);
    }
    COAX_ASSIGN_OR_RETURN(const WireNetwork read, network_from_wire(network));
    network = network_to_wire(read.network, read.all_nodes); // its one form
    COAX_TRY(check_members(change, network));
    change.note("network.put", "network " + network.name(), old_and_new(before, network));
    if (before != nullptr && before->vni() != network.vni())
        change.remove(vni_key(Vni(before->vni())));
    change.put(network_key(network.name()), network);
    change.put(vni_key(Vni(network.vni())), network.name());
    facts.networks.insert_or_assign(network.name(), network);
    return check_network(facts, network.name());
}

Result<NodeId> owner_of(Change &change, const std::string &name, std::uint32_t id) {
    if (!name.empty() && id != 0)
        return Error(ErrorCode::kInvalid, "port: expected the name of its node or its id, found "
                                          "both; leave one out");
    COAX_ASSIGN_OR_RETURN(const auto node, name.empty() ? read_node(change, NodeId(id))
                                                        : read_node_by_name(change, name));
    if (!node)
        return Error(ErrorCode::kNotFound,
                     fmt::format("there is no node {}; `coax nodes` lists them",
                                 name.empty() ? std::to_string(id) : coax::quoted(name)));
    return NodeId(node->id());
}

Status add_port(Change &change, const v1::PutPortRequest &request) {
    v1::Port port = request.port();
    COAX_ASSIGN_OR_RETURN(const NodeId node, owner_of(change, request.node(), port.node_id()));
    port.set_node_id(node.value());
    COAX_ASSIGN_OR_RETURN(const WirePort read, port_from_wire(port));
    port = port_to_wire(read.port, read.network, node);
    COAX_ASSIGN_OR_RETURN(TopologyFacts facts, read_facts(change));
    const PortKey key(node, port.name());
    const v1::Port *before = find(facts.ports, key);
    if (before != nullptr && request.must_be_new())
        return exists("port", port.name());
    if (!facts.networks.contains(port.network()))
        return no_network(port.network());
    change.note("port.put", fmt::format("port {} of node {}", port.name(), node.value()),
                old_and_new(before, port));
    change.put(port_key(node, port.name()), port);
    facts.ports.insert_or_assign(key, port);
    return check_port(facts, key);
}

} // namespace

Result<Revision> TopologyRegistry::put_network(const v1::PutNetworkRequest &request,
                                               const std::string &who) {
    return writer_.commit(who, [&](Change &change) {
        return add_network(change, request.network(), request.must_be_new());
    });
}

Result<Revision> TopologyRegistry::remove_network(const std::string &name, const std::string &who) {
    return writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const TopologyFacts facts, read_facts(change));
        const v1::Network *network = find(facts.networks, name);
        if (network == nullptr)
            return no_network(name);
        for (const auto &[key, port] : facts.ports)
            if (port.network() == name)
                return Error(ErrorCode::kInvalid,
                             fmt::format("expected network {} without ports, found port {} of node "
                                         "{}; remove its ports first",
                                         coax::quoted(name), coax::quoted(key.second),
                                         key.first.value()));
        change.remove(network_key(name));
        change.remove(vni_key(Vni(network->vni())));
        change.note("network.remove", "network " + name, network->ShortDebugString());
        return {};
    });
}

Result<Revision> TopologyRegistry::put_port(const v1::PutPortRequest &request,
                                            const std::string &who) {
    return writer_.commit(who, [&](Change &change) { return add_port(change, request); });
}

Result<Revision> TopologyRegistry::remove_port(const v1::RemovePortRequest &request,
                                               const std::string &who) {
    return writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const NodeId node, owner_of(change, request.node(), 0));
        COAX_ASSIGN_OR_RETURN(const TopologyFacts facts, read_facts(change));
        const v1::Port *port = find(facts.ports, {node, request.name()});
        if (port == nullptr)
            return Error(ErrorCode::kNotFound,
                         fmt::format("node {} has no port {} of a controller; `coax ports` lists "
                                     "them",
                                     coax::quoted(request.node()), coax::quoted(request.name())));
        change.remove(port_key(node, request.name()));
        change.note("port.remove", fmt::format("port {} of node {}", request.name(), node.value()),
                    port->ShortDebugString());
        return {};
    });
}

Status remove_from_topology(Change &change, NodeId node) {
    constexpr std::size_t kMost = kStoreOperationsMax - 12; // besides what goes with the node
    COAX_ASSIGN_OR_RETURN(TopologyFacts facts, read_facts(change));
    std::size_t operations = 0;
    for (const auto &[key, port] : facts.ports)
        if (key.first == node && ++operations <= kMost)
            change.remove(port_key(node, key.second));
    for (auto &[name, network] : facts.networks) {
        auto &members = *network.mutable_members();
        const auto end = std::remove(members.begin(), members.end(), node.value());
        if (end == members.end())
            continue;
        members.erase(end, members.end());
        if (++operations <= kMost)
            change.put(network_key(name), network);
    }
    if (operations > kMost)
        return Error(ErrorCode::kTooLarge,
                     fmt::format("the node has {} ports and memberships, more than {} that can go "
                                 "with it at once; remove some of its ports first",
                                 operations, kMost));
    return {};
}

} // namespace coax::controller
