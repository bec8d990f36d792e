// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "coax/abi/control.h"
#include "lib/base/vtep.h"
#include "lib/config/check.h"

namespace coax {
namespace {

constexpr std::uint32_t kPortMax = 65535;

void check_pool(const Draft &draft, Problems &problems) {
    constexpr std::uint8_t kShortest = 8; // 24-bit node ids need no more
    constexpr std::uint8_t kLongest = 30;
    const IpPrefix &pool = draft.state.overlay.vtep_pool;
    const auto complain = [&](std::string_view expected, std::string_view advice) {
        problems.add(draft.lines_of("overlay").of("vtep_pool"), "overlay.vtep_pool",
                     fmt::format("expected {}, found {}; {}", expected, pool.to_string(), advice));
    };
    if (!pool.address.is_v4())
        complain("an IPv4 prefix", "VTEPs are IPv4, whatever the underlay");
    else if (pool.length < kShortest || pool.length > kLongest)
        complain("a prefix length of 8..30", "node ids have at most 24 bits");
    else if (pool != pool.network())
        complain("a prefix without host bits", fmt::format("write {}", pool.network().to_string()));
    else if (overlaps_special(pool))
        complain("unicast addresses", "choose a private pool such as 100.64.0.0/10");
}

/// Largest id that the pool has addresses for; no limit while the pool itself is wrong.
std::uint32_t largest_id(const IpPrefix &pool) {
    const bool wrong = !pool.address.is_v4() || pool.length == 0;
    return wrong ? ~0U : largest_node_id(pool);
}

/// Ids, names and keys are unique over this node and its peers; ids fit the pool.
class Identities {
  public:
    Identities(const Draft &draft, Problems &problems) : draft_(draft), problems_(problems) {}

    void check() {
        const Lines node = draft_.lines_of("node");
        check_node(draft_.state.node.id, draft_.state.node.name, node, "node");
        for (const PeerDraft &draft_peer : draft_.peers) {
            const Peer &peer = draft_peer.peer;
            check_node(peer.id, peer.name, draft_peer.lines, "peer");
            for (std::size_t i = 0; i < peer.keys.size(); ++i)
                check_key(peer.keys[i], draft_peer.lines.of("keys", i));
        }
    }

  private:
    void check_node(NodeId id, const std::string &name, const Lines &lines,
                    std::string_view table) {
        const IpPrefix &pool = draft_.state.overlay.vtep_pool;
        const std::string id_key = fmt::format("{}.id", table);
        const int id_line = lines.of("id");
        if (const int other = ids_.note(id, id_line); other != 0)
            problems_.add(id_line, id_key,
                          fmt::format("expected a node id of its own, found {} (also at {}); "
                                      "give one of them another id",
                                      id.value(), problems_.place(other)));
        if (id.value() > largest_id(pool))
            problems_.add(id_line, id_key,
                          fmt::format("expected an id of at most {}, found {}; {} has no two "
                                      "addresses for it, widen overlay.vtep_pool",
                                      largest_id(pool), id.value(), pool.to_string()));
        if (const int other = names_.note(name, lines.of("name")); other != 0)
            problems_.add(lines.of("name"), fmt::format("{}.name", table),
                          fmt::format("expected a node name of its own, found \"{}\" (also at "
                                      "{}); rename one of them",
                                      name, problems_.place(other)));
    }

    void check_key(const PublicKey &key, int line) {
        if (const int other = keys_.note(key, line); other != 0)
            problems_.add(line, "peer.keys",
                          fmt::format("expected a key of its own for every lane, found {} (also at "
                                      "{}); `coax key` on that node prints the right ones",
                                      key.to_string(), problems_.place(other)));
    }

    const Draft &draft_;
    Problems &problems_;
    FirstLines<NodeId> ids_;
    FirstLines<std::string> names_;
    FirstLines<PublicKey> keys_;
};

void check_endpoints(const Draft &draft, Problems &problems) {
    constexpr std::string_view kKey = "peer.endpoint";
    FirstLines<SocketAddress> seen;
    for (const PeerDraft &draft_peer : draft.peers) {
        const Peer &peer = draft_peer.peer;
        if (!peer.endpoint)
            continue;
        const int line = draft_peer.lines.of("endpoint");
        const std::size_t lanes = peer.keys.size();
        if (peer.endpoint->port.value() + lanes - 1 > kPortMax) {
            problems.add(line, kKey,
                         fmt::format("expected room for {} ports, found {}; lane i is at port + i",
                                     lanes, peer.endpoint->to_string()));
            continue;
        }
        for (std::size_t i = 0; i < lanes; ++i) {
            SocketAddress lane = *peer.endpoint;
            lane.port = UdpPort(static_cast<std::uint16_t>(lane.port.value() + i));
            if (const int other = seen.note(lane, line); other != 0)
                problems.add(line, kKey,
                             fmt::format("expected an endpoint of its own, found {} for lane {} "
                                         "(also at {}); every lane of a node has a port",
                                         lane.to_string(), i, problems.place(other)));
        }
    }
}

void check_listen_ports(const Draft &draft, Problems &problems) {
    const DesiredState &state = draft.state;
    const std::uint32_t first = state.underlay.listen_port.value();
    // Only a node with controllers changes its keys, and then listens for both sets.
    const std::uint32_t sets = state.control.follows() ? COAX_LANES_MAX : 0U;
    const std::uint32_t last = first + sets + state.wireguard.lanes - 1;
    const std::uint32_t vxlan = state.overlay.vxlan_port.value();
    const int line = draft.lines_of("underlay").of("listen_port");
    if (last > kPortMax)
        problems.add(line, "underlay.listen_port",
                     fmt::format("expected at most {} with {} lanes, found {}; lane i listens at "
                                 "listen_port + i",
                                 kPortMax + 1 - state.wireguard.lanes, state.wireguard.lanes,
                                 first));
    if (vxlan >= first && vxlan <= last)
        problems.add(line, "underlay.listen_port",
                     fmt::format("expected ports other than VXLAN's, found {}..{}; {} is "
                                 "overlay.vxlan_port and dropped on uplinks",
                                 first, last, vxlan));
}

void check_control_port(const Draft &draft, Problems &problems) {
    if (draft.state.overlay.vxlan_port.value() == COAX_CONTROL_PORT)
        problems.add(draft.lines_of("overlay").of("vxlan_port"), "overlay.vxlan_port",
                     fmt::format("expected another port than {0}, found {0}; nodes send each other "
                                 "control messages to it inside the tunnels",
                                 COAX_CONTROL_PORT));
}

void check_uplinks(const Draft &draft, Problems &problems) {
    const Lines lines = draft.lines_of("underlay");
    const auto &uplinks = draft.state.underlay.uplinks;
    FirstLines<std::string> seen;
    for (std::size_t i = 0; i < uplinks.size(); ++i)
        if (seen.note(uplinks[i], lines.of("uplinks", i)) != 0)
            problems.add(lines.of("uplinks", i), "underlay.uplinks",
                         fmt::format("expected each interface once, found \"{}\" again; remove one",
                                     uplinks[i]));
}

} // namespace

void check_identities(const Draft &draft, Problems &problems) {
    Identities(draft, problems).check();
}

void check_nodes(const Draft &draft, Problems &problems) {
    check_pool(draft, problems);
    check_identities(draft, problems);
    check_endpoints(draft, problems);
    check_listen_ports(draft, problems);
    check_control_port(draft, problems);
    check_uplinks(draft, problems);
}

} // namespace coax
