// SPDX-License-Identifier: Apache-2.0
#include "lib/control/wire_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/config/option.h"

namespace coax {
namespace {

namespace wire = controller::v1;

constexpr int kListMax = 256;       // of prefixes and addresses: they are compared with each other
constexpr int kMembersMax = 100000; // what a value of the store has room for

Error wrong(std::string_view what, std::string_view key, std::string_view why) {
    return Error(ErrorCode::kInvalid, fmt::format("{}.{}: {}", what, key, why));
}

/// Fields of a message into a draft, each by the row of its option in the configuration file: what a
/// file may hold, a message may hold.
class FieldReader {
  public:
    FieldReader(std::string_view table, Target target) : table_(table), target_(target) {}

    template <typename T>
    Status set(std::string_view key, const T &data) {
        const auto options = config_options();
        const auto option = std::find_if(options.begin(), options.end(), [&](const Option &o) {
            return o.row.table == table_ && o.row.key == key;
        });
        if (option == options.end())
            return wrong(table_, key, "there is no such option");
        const Status assigned =
            option->assign(option->row, Value{.line = 1, .data = data}, target_);
        return assigned.ok() ? assigned : wrong(table_, key, assigned.error().message());
    }

    /// Nothing for an empty text: the option is then as if it were absent.
    Status set_if_any(std::string_view key, const std::string &text) {
        return text.empty() ? Status() : set(key, text);
    }

    template <typename Texts>
    Status list(std::string_view key, const Texts &texts) {
        if (texts.size() > kListMax)
            return wrong(
                table_, key,
                fmt::format("expected at most {} elements, found {}", kListMax, texts.size()));
        for (const std::string &text : texts)
            COAX_TRY(set(key, text));
        return {};
    }

  private:
    std::string_view table_;
    Target target_;
};

Result<NodeId> node_id(std::uint32_t id, std::string_view what, std::string_view key) {
    if (id == 0 || id > COAX_NODE_ID_MAX)
        return wrong(what, key,
                     fmt::format("expected a node id of 1..{}, found {}", COAX_NODE_ID_MAX, id));
    return NodeId(id);
}

Result<std::set<NodeId>> read_members(const wire::Network &wire) {
    std::set<NodeId> members;
    if (wire.all_nodes() && wire.members_size() != 0)
        return wrong("network", "members",
                     "expected none with all_nodes = true, found some; leave one of them out");
    if (wire.members_size() > kMembersMax)
        return wrong("network", "members",
                     fmt::format("expected at most {} nodes, found {}; use all_nodes", kMembersMax,
                                 wire.members_size()));
    for (const std::uint32_t id : wire.members()) {
        COAX_ASSIGN_OR_RETURN(const NodeId member, node_id(id, "network", "members"));
        if (!members.insert(member).second)
            return wrong("network", "members",
                         fmt::format("expected each node once, found {} again", id));
    }
    return members;
}

std::string kind_text(PortKind kind) {
    return kind == PortKind::kNetns ? "netns" : "host";
}

} // namespace

Result<WireNetwork> network_from_wire(const wire::Network &wire) {
    NetworkDraft draft;
    FieldReader reader("network", &draft);
    COAX_TRY(reader.set("name", wire.name()));
    COAX_TRY(reader.set("vni", std::int64_t{wire.vni()}));
    COAX_TRY(reader.list("subnets", wire.subnets()));
    draft.network.flood = wire.flood();
    COAX_TRY(reader.set("flood_pps", std::int64_t{wire.flood_pps()}));
    COAX_TRY(reader.set("learn", wire.learn()));
    COAX_TRY(reader.set("learn_limit", std::int64_t{wire.learn_limit()}));
    if (wire.mtu() != 0)
        COAX_TRY(reader.set("mtu", std::int64_t{wire.mtu()}));
    COAX_ASSIGN_OR_RETURN(draft.network.members, read_members(wire));
    return WireNetwork{std::move(draft.network), wire.all_nodes()};
}

wire::Network network_to_wire(const Network &network, bool all_nodes) {
    wire::Network wire;
    wire.set_name(network.name);
    wire.set_vni(network.vni.value());
    for (const IpPrefix &subnet : network.subnets)
        wire.add_subnets(subnet.to_string());
    wire.set_flood(network.flood);
    wire.set_flood_pps(network.flood_pps);
    wire.set_learn(network.learn);
    wire.set_learn_limit(network.learn_limit);
    wire.set_mtu(network.mtu.value_or(0));
    wire.set_all_nodes(all_nodes);
    if (!all_nodes)
        for (const NodeId member : network.members)
            wire.add_members(member.value());
    return wire;
}

Result<WirePort> port_from_wire(const wire::Port &wire) {
    PortDraft draft;
    FieldReader reader("port", &draft);
    COAX_TRY(reader.set("name", wire.name()));
    COAX_TRY(reader.set("network", wire.network()));
    COAX_TRY(reader.set("kind", wire.kind()));
    COAX_TRY(reader.set_if_any("netns", wire.netns()));
    COAX_TRY(reader.set("ifname", wire.ifname()));
    COAX_TRY(reader.set_if_any("mac", wire.mac()));
    COAX_TRY(reader.list("more_macs", wire.more_macs()));
    COAX_TRY(reader.list("addresses", wire.addresses()));
    COAX_TRY(reader.set("guard_ips", wire.guard_ips()));
    COAX_TRY(reader.list("more_ips", wire.more_ips()));
    COAX_ASSIGN_OR_RETURN(const NodeId node, node_id(wire.node_id(), "port", "node_id"));
    draft.port.mac = draft.mac.value_or(MacAddress{});
    return WirePort{std::move(draft.port), std::move(draft.network), node};
}

wire::Port port_to_wire(const Port &port, const std::string &network, NodeId node) {
    wire::Port wire;
    wire.set_name(port.name);
    wire.set_node_id(node.value());
    wire.set_network(network);
    wire.set_kind(kind_text(port.kind));
    wire.set_netns(port.netns);
    wire.set_ifname(port.ifname);
    if (!port.mac.is_zero())
        wire.set_mac(port.mac.to_string());
    for (const MacAddress &mac : port.more_macs)
        wire.add_more_macs(mac.to_string());
    for (const IpPrefix &address : port.addresses)
        wire.add_addresses(address.to_string());
    wire.set_guard_ips(port.guard_ips);
    for (const IpAddress &ip : port.more_ips)
        wire.add_more_ips(ip.to_string());
    return wire;
}

} // namespace coax
