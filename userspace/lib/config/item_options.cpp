// SPDX-License-Identifier: Apache-2.0
#include "coax/abi/limits.h"
#include "lib/config/option_factory.h"

namespace coax {
namespace {

template <typename Access>
Option peer(OptionRow row, Access /*field*/) {
    row.table = "peer";
    return make_option<PeerDraft, Access>(row);
}
template <typename Access>
Option network(OptionRow row, Access /*field*/) {
    row.table = "network";
    return make_option<NetworkDraft, Access>(row);
}
template <typename Access>
Option port(OptionRow row, Access /*field*/) {
    row.table = "port";
    return make_option<PortDraft, Access>(row);
}
template <typename Access>
Option endpoint(OptionRow row, Access /*field*/) {
    row.table = "endpoint";
    return make_option<EndpointDraft, Access>(row);
}

std::vector<Option> peer_options() {
    return {
        peer(
            {.key = "id", .example = "2", .min = 1, .max = COAX_NODE_ID_MAX, .help = "Its number."},
            [](PeerDraft & p) -> auto & { return p.peer.id; }),
        peer(
            {.key = "name", .example = R"("beta")", .form = &kNodeName, .help = "Its name."},
            [](PeerDraft & p) -> auto & { return p.peer.name; }),
        peer(
            {.key = "endpoint",
             .fallback_words = "wait until it calls",
             .example = R"("192.0.2.2:51820")",
             .help = "Where its lane 0 listens; lane i at port + i."},
            [](PeerDraft & p) -> auto & { return p.peer.endpoint; }),
        peer(
            {.key = "keys",
             .example = R"(["VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg="])",
             .min = 1,
             .max = COAX_LANES_MAX,
             .help = "Its public keys, one per lane."},
            [](PeerDraft & p) -> auto & { return p.peer.keys; }),
        peer(
            {.key = "keepalive_s",
             .fallback = "0",
             .min = 0,
             .max = 65535,
             .help = "Seconds between keepalives, for a node behind NAT; 0: none."},
            [](PeerDraft & p) -> auto & { return p.peer.keepalive; }),
    };
}

std::vector<Option> network_options() {
    return {
        network(
            {.key = "name", .example = R"("red")", .form = &kShortName, .help = "Its name."},
            [](NetworkDraft & n) -> auto & { return n.network.name; }),
        network(
            {.key = "vni",
             .example = "100",
             .min = COAX_VNI_MIN,
             .max = COAX_VNI_MAX,
             .help = "Its number, the same on all nodes."},
            [](NetworkDraft & n) -> auto & { return n.network.vni; }),
        network(
            {.key = "subnets",
             .fallback = "[]",
             .example = R"(["10.1.0.0/24"])",
             .help = "IP prefixes used in it; networks may reuse those of others."},
            [](NetworkDraft & n) -> auto & { return n.network.subnets; }),
        network(
            {.key = "flood",
             .fallback = R"("replicate")",
             .help = "What happens to broadcast, multicast and unknown unicast."},
            [](NetworkDraft & n) -> auto & { return n.flood; }),
        network(
            {.key = "flood_pps",
             .fallback = "1000",
             .min = 1,
             .max = 1000000,
             .help = "Frames per second that this node floods at most."},
            [](NetworkDraft & n) -> auto & { return n.network.flood_pps; }),
        network(
            {.key = "learn",
             .fallback = "true",
             .help = "Learn from received frames which node has a MAC address."},
            [](NetworkDraft & n) -> auto & { return n.network.learn; }),
        network(
            {.key = "learn_limit",
             .fallback = "65536",
             .min = 1,
             .max = 1 << 24,
             .help = "MAC addresses that are learned at most."},
            [](NetworkDraft & n) -> auto & { return n.network.learn_limit; }),
        network(
            {.key = "mtu",
             .fallback_words = "as large as the underlay allows",
             .example = "1390",
             .min = 576,
             .max = 65535,
             .help = "Bytes of an IP packet of this network at most."},
            [](NetworkDraft & n) -> auto & { return n.network.mtu; }),
        network(
            {.key = "members",
             .fallback_words = "all nodes",
             .example = R"(["alpha", "beta"])",
             .form = &kNodeName,
             .help = "Names of the nodes that may use it."},
            [](NetworkDraft & n) -> auto & { return n.members; }),
    };
}

std::vector<Option> port_options() {
    return {
        port(
            {.key = "name", .example = R"("red-c1")", .form = &kShortName, .help = "Its name."},
            [](PortDraft & p) -> auto & { return p.port.name; }),
        port(
            {.key = "network",
             .example = R"("red")",
             .form = &kShortName,
             .help = "Name of its network."},
            [](PortDraft & p) -> auto & { return p.network; }),
        port(
            {.key = "kind",
             .fallback = R"("host")",
             .help = "An interface of this machine, or one in a network namespace."},
            [](PortDraft & p) -> auto & { return p.port.kind; }),
        port(
            {.key = "netns",
             .fallback_words = "none",
             .example = R"("c1")",
             .form = &kNetnsName,
             .help = "The network namespace; needed for kind netns."},
            [](PortDraft & p) -> auto & { return p.port.netns; }),
        port(
            {.key = "ifname",
             .example = R"("eth0")",
             .form = &kInterfaceName,
             .help = "Name of the interface that is made."},
            [](PortDraft & p) -> auto & { return p.port.ifname; }),
        port(
            {.key = "mac",
             .fallback_words = "made from instance, node and port",
             .example = R"("02:00:5e:00:53:01")",
             .help = "MAC address of the interface."},
            [](PortDraft & p) -> auto & { return p.mac; }),
        port(
            {.key = "more_macs",
             .fallback = "[]",
             .example = R"(["02:00:5e:00:53:02"])",
             .help = "Other source MAC addresses that may be used."},
            [](PortDraft & p) -> auto & { return p.port.more_macs; }),
        port(
            {.key = "addresses",
             .fallback = "[]",
             .example = R"(["10.1.0.11/24"])",
             .help = "IP addresses of the interface."},
            [](PortDraft & p) -> auto & { return p.port.addresses; }),
        port(
            {.key = "guard_ips",
             .fallback = "false",
             .help = "Allow only source addresses of `addresses` and `more_ips`."},
            [](PortDraft & p) -> auto & { return p.port.guard_ips; }),
        port(
            {.key = "more_ips",
             .fallback = "[]",
             .example = R"(["10.1.0.99"])",
             .help = "Other source IP addresses that may be used with guard_ips."},
            [](PortDraft & p) -> auto & { return p.port.more_ips; }),
    };
}

std::vector<Option> endpoint_options() {
    return {
        endpoint(
            {.key = "network",
             .example = R"("red")",
             .form = &kShortName,
             .help = "Name of its network."},
            [](EndpointDraft & e) -> auto & { return e.network; }),
        endpoint(
            {.key = "mac", .example = R"("02:00:5e:00:53:03")", .help = "The MAC address."},
            [](EndpointDraft & e) -> auto & { return e.endpoint.mac; }),
        endpoint(
            {.key = "node",
             .example = R"("beta")",
             .form = &kNodeName,
             .help = "Name of the node it is behind."},
            [](EndpointDraft & e) -> auto & { return e.node; }),
    };
}

} // namespace

std::vector<Option> item_options() {
    std::vector<Option> all;
    for (const auto &part : {peer_options(), network_options(), port_options(), endpoint_options()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace coax
