// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/config/check.h"

namespace coax {
namespace {

/// "c1" and "/run/netns/c1" are the same namespace.
std::string netns_key(const std::string &netns) {
    for (const std::string_view folder : {"/run/netns/", "/var/run/netns/"})
        if (netns.starts_with(folder))
            return netns.substr(folder.size());
    return netns;
}

class PortChecker {
  public:
    PortChecker(const Draft &draft, Problems &problems) : draft_(draft), problems_(problems) {
        for (const NetworkDraft &network : draft.networks)
            networks_.emplace(network.network.vni, &network);
    }

    void check() {
        for (const PortDraft &port : draft_.ports) {
            check_names(port);
            check_interface(port);
            check_macs(port);
            if (const auto *network = network_of(port.port.vni); network != nullptr) {
                check_member(port, *network);
                check_addresses(port, *network);
                check_host_routes(port, *network);
            }
        }
        for (const EndpointDraft &endpoint : draft_.endpoints)
            check_endpoint(endpoint);
    }

  private:
    const NetworkDraft *network_of(Vni vni) const {
        const auto found = networks_.find(vni);
        return found == networks_.end() ? nullptr : found->second;
    }

    void complain(const PortDraft &port, std::string_view key, std::string_view text) {
        problems_.add(port.lines.of(key), fmt::format("port.{}", key), text);
    }

    void check_names(const PortDraft &port) {
        if (const int other = names_.note(port.port.name, port.lines.of("name")); other != 0)
            complain(port, "name",
                     fmt::format("expected a port name of its own, found \"{}\" (also at {}); "
                                 "rename one of them",
                                 port.port.name, problems_.place(other)));
    }

    void check_interface(const PortDraft &draft_port) {
        const Port &port = draft_port.port;
        if (port.kind == PortKind::kNetns && port.netns.empty()) {
            complain(draft_port, "netns",
                     "expected a network namespace for kind netns, found nothing; add for example "
                     "netns = \"c1\"");
            return;
        }
        if (port.kind == PortKind::kHost && !port.netns.empty()) {
            complain(draft_port, "netns",
                     fmt::format("expected no netns for kind host, found \"{}\"; write kind = "
                                 "\"netns\", or remove it",
                                 port.netns));
            return;
        }
        const int line = draft_port.lines.of("ifname");
        if (const int other = interfaces_.note({netns_key(port.netns), port.ifname}, line);
            other != 0)
            complain(draft_port, "ifname",
                     fmt::format("expected an interface name of its own in its namespace, found "
                                 "\"{}\" (also at {}); rename one of them",
                                 port.ifname, problems_.place(other)));
        if (port.kind == PortKind::kHost)
            check_host_interface(draft_port);
    }

    /// An interface of ours beside the uplinks and the devices of the agent.
    void check_host_interface(const PortDraft &port) {
        const std::string &ifname = port.port.ifname;
        const auto &uplinks = draft_.state.underlay.uplinks;
        if (std::find(uplinks.begin(), uplinks.end(), ifname) != uplinks.end())
            complain(port, "ifname",
                     fmt::format("expected a new interface, found the uplink \"{}\"; choose "
                                 "another name",
                                 ifname));
        const std::string prefix = draft_.state.node.instance + "-";
        bool ours = ifname == prefix + "hand";
        for (int lane = 0; lane < 2 * COAX_LANES_MAX; ++lane)
            ours = ours || ifname == fmt::format("{}wg{}", prefix, lane);
        if (ours)
            complain(port, "ifname",
                     fmt::format("expected a new interface, found \"{}\" which the agent itself "
                                 "uses; choose another name",
                                 ifname));
    }

    void check_macs(const PortDraft &port) {
        note_mac(port.port.vni, port.port.mac, port.lines.of("mac"), "port.mac");
        for (std::size_t i = 0; i < port.port.more_macs.size(); ++i)
            note_mac(port.port.vni, port.port.more_macs[i], port.lines.of("more_macs", i),
                     "port.more_macs");
    }

    void note_mac(Vni vni, const MacAddress &mac, int line, std::string_view key) {
        if (vni == Vni())
            return;
        if (const int other = macs_.note({vni, mac}, line); other != 0)
            problems_.add(line, key,
                          fmt::format("expected a MAC address of its own in the network, found {} "
                                      "(also at {}); change one of them",
                                      mac.to_string(), problems_.place(other)));
    }

    void check_member(const PortDraft &port, const NetworkDraft &network) {
        if (!network.network.members.contains(draft_.state.node.id))
            complain(port, "network",
                     fmt::format("expected a network that this node is a member of, found \"{}\"; "
                                 "add \"{}\" to its members ({})",
                                 port.network, draft_.state.node.name,
                                 problems_.place(network.lines.of("members"))));
    }

    void check_addresses(const PortDraft &draft_port, const NetworkDraft &network) {
        const Port &port = draft_port.port;
        for (std::size_t i = 0; i < port.addresses.size(); ++i) {
            const int line = draft_port.lines.of("addresses", i);
            const std::string problem = address_problem(port.addresses[i], network.network);
            if (!problem.empty())
                problems_.add(line, "port.addresses", problem);
            note_ip(port.vni, port.addresses[i].address, line, "port.addresses");
        }
        for (std::size_t i = 0; i < port.more_ips.size(); ++i) {
            const int line = draft_port.lines.of("more_ips", i);
            if (const IpAddress &ip = port.more_ips[i];
                overlaps_special({ip, static_cast<std::uint8_t>(ip.is_v4() ? 32 : 128)}))
                problems_.add(
                    line, "port.more_ips",
                    fmt::format("expected a unicast address, found {}; remove it", ip.to_string()));
            note_ip(port.vni, port.more_ips[i], line, "port.more_ips");
        }
        if (port.guard_ips && port.addresses.empty() && port.more_ips.empty())
            complain(draft_port, "guard_ips",
                     "expected addresses or more_ips beside guard_ips = true, found none; the port "
                     "could send nothing");
    }

    /// What is wrong with the address of an interface, or empty.
    static std::string address_problem(const IpPrefix &address, const Network &network) {
        const auto subnet =
            std::find_if(network.subnets.begin(), network.subnets.end(),
                         [&](const IpPrefix &s) { return s.contains(address.address); });
        if (subnet == network.subnets.end())
            return fmt::format("expected an address in a subnet of network \"{}\", found {}; "
                               "change it, or add its subnet to the network",
                               network.name, address.to_string());
        if (address.length < subnet->length)
            return fmt::format("expected a prefix length of at least {} as in subnet {}, found {}; "
                               "a shorter one reaches beyond the network",
                               subnet->length, subnet->to_string(), address.to_string());
        return host_problem(address, *subnet);
    }

    /// IPv4 reserves the first and the last address of a subnet.
    static std::string host_problem(const IpPrefix &address, const IpPrefix &subnet) {
        constexpr std::uint8_t kPointToPoint = 31; // RFC 3021: both are hosts
        if (!subnet.address.is_v4() || subnet.length >= kPointToPoint)
            return {};
        const std::uint32_t host_bits = ~0U >> subnet.length;
        const std::uint32_t host = address.address.v4_host_order() & host_bits;
        if (host != 0 && host != host_bits)
            return {};
        return fmt::format("expected the address of a host, found {} which is the {}; choose "
                           "another",
                           address.to_string(), host == 0 ? "network's own" : "broadcast address");
    }

    void note_ip(Vni vni, const IpAddress &ip, int line, std::string_view key) {
        if (const int other = ips_.note({vni, ip}, line); other != 0)
            problems_.add(line, key,
                          fmt::format("expected an IP address of its own in the network, found {} "
                                      "(also at {}); change one of them",
                                      ip.to_string(), problems_.place(other)));
    }

    /// Two host ports share one routing table: equal subnets behind them could not be told apart.
    void check_host_routes(const PortDraft &port, const NetworkDraft &network) {
        if (port.port.kind != PortKind::kHost)
            return;
        for (const NetworkDraft *other : host_networks_)
            for (const IpPrefix &subnet : network.network.subnets)
                for (const IpPrefix &taken : other->network.subnets)
                    if (other != &network && subnet.overlaps(taken))
                        complain(port, "network",
                                 fmt::format("expected host ports in networks with subnets apart, "
                                             "found {} of \"{}\" over {} of \"{}\"; routing would "
                                             "be ambiguous, use kind = \"netns\" for one",
                                             subnet.to_string(), network.network.name,
                                             taken.to_string(), other->network.name));
        host_networks_.push_back(&network);
    }

    void check_endpoint(const EndpointDraft &draft_endpoint) {
        const Endpoint &endpoint = draft_endpoint.endpoint;
        const Lines &lines = draft_endpoint.lines;
        note_mac(endpoint.vni, endpoint.mac, lines.of("mac"), "endpoint.mac");
        const NetworkDraft *network = network_of(endpoint.vni);
        if (network == nullptr || endpoint.node == NodeId())
            return;
        if (endpoint.node == draft_.state.node.id)
            problems_.add(
                lines.of("node"), "endpoint.node",
                fmt::format("expected another node, found \"{}\" which is this one; a MAC "
                            "address here belongs to a [[port]]",
                            draft_endpoint.node));
        else if (!network->network.members.contains(endpoint.node))
            problems_.add(
                lines.of("node"), "endpoint.node",
                fmt::format("expected a member of network \"{}\", found \"{}\"; add it to "
                            "its members ({})",
                            draft_endpoint.network, draft_endpoint.node,
                            problems_.place(network->lines.of("members"))));
    }

    const Draft &draft_;
    Problems &problems_;
    std::map<Vni, const NetworkDraft *> networks_;
    std::vector<const NetworkDraft *> host_networks_; // of the host ports so far
    FirstLines<std::string> names_;
    FirstLines<std::pair<std::string, std::string>> interfaces_; // namespace, name
    FirstLines<std::pair<Vni, MacAddress>> macs_;
    FirstLines<std::pair<Vni, IpAddress>> ips_;
};

} // namespace

void check_ports(const Draft &draft, Problems &problems) {
    PortChecker(draft, problems).check();
}

} // namespace coax
