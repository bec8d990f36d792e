// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/config/check.h"
#include "lib/config/default_mac.h"

namespace coax {
namespace {

template <typename Id>
class Directory {
  public:
    explicit Directory(std::string_view what) : what_(what) {}

    void add(const std::string &name, Id id) { ids_.emplace(name, id); }
    [[nodiscard]] const std::map<std::string, Id> &all() const { return ids_; }

    /// Id 0 and a problem when nothing has the name.
    Id find(const std::string &name, int line, std::string_view key, Problems &problems) const {
        const auto found = ids_.find(name);
        if (found != ids_.end())
            return found->second;
        std::vector<std::string_view> names;
        for (const auto &[known, id] : ids_)
            names.push_back(known);
        const std::string_view meant = closest(name, names);
        problems.add(line, key,
                     fmt::format("expected the name of a {}, found {}; {}", what_, quoted(name),
                                 meant.empty() ? fmt::format("add it, or name another {}", what_)
                                               : fmt::format("did you mean \"{}\"?", meant)));
        return Id{};
    }

  private:
    std::string_view what_;
    std::map<std::string, Id> ids_;
};

using Nodes = Directory<NodeId>;
using Networks = Directory<Vni>;

Nodes nodes_of(const Draft &draft) {
    Nodes nodes("node");
    nodes.add(draft.state.node.name, draft.state.node.id);
    for (const PeerDraft &draft_peer : draft.peers)
        nodes.add(draft_peer.peer.name, draft_peer.peer.id);
    return nodes;
}

Networks networks_of(const Draft &draft) {
    Networks networks("network");
    for (const NetworkDraft &draft_network : draft.networks)
        networks.add(draft_network.network.name, draft_network.network.vni);
    return networks;
}

void resolve_members(NetworkDraft &draft, const Nodes &nodes, Problems &problems) {
    constexpr std::string_view kKey = "network.members";
    std::set<NodeId> &members = draft.network.members;
    draft.network.all_nodes = !draft.lines.has("members");
    if (draft.network.all_nodes)
        for (const auto &[name, id] : nodes.all())
            members.insert(id);
    for (std::size_t i = 0; i < draft.members.size(); ++i) {
        const int line = draft.lines.of("members", i);
        const NodeId id = nodes.find(draft.members[i], line, kKey, problems);
        if (id != NodeId() && !members.insert(id).second)
            problems.add(line, kKey,
                         fmt::format("expected each node once, found \"{}\" again; remove one",
                                     draft.members[i]));
    }
}

} // namespace

void resolve(Draft &draft, Problems &problems) {
    const Nodes nodes = nodes_of(draft);
    const Networks networks = networks_of(draft);
    const NodeConfig &self = draft.state.node;
    for (NetworkDraft &network : draft.networks)
        resolve_members(network, nodes, problems);
    for (PortDraft &port : draft.ports) {
        port.port.vni =
            networks.find(port.network, port.lines.of("network"), "port.network", problems);
        port.port.mac =
            port.mac ? *port.mac : default_port_mac(self.instance, self.id, port.port.name);
    }
    for (EndpointDraft &draft_endpoint : draft.endpoints) {
        const Lines &lines = draft_endpoint.lines;
        draft_endpoint.endpoint.vni = networks.find(draft_endpoint.network, lines.of("network"),
                                                    "endpoint.network", problems);
        draft_endpoint.endpoint.node =
            nodes.find(draft_endpoint.node, lines.of("node"), "endpoint.node", problems);
    }
}

bool overlaps_special(const IpPrefix &prefix) {
    for (const char *text :
         {"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/128", "::1/128", "ff00::/8"})
        if (const auto special = IpPrefix::parse(text); special.ok() && special->overlaps(prefix))
            return true;
    return false;
}

} // namespace coax
