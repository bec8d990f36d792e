// SPDX-License-Identifier: Apache-2.0
// What is wrong between values that are right by themselves.
#include <gtest/gtest.h>

#include "unit/config/good_config.h"

namespace coax {
namespace {

class BadLinks : public testing::TestWithParam<BadRow> {};
TEST_P(BadLinks, are_refused_by_file_line_and_key) {
    expect_refused(GetParam());
}

std::string row_name(const testing::TestParamInfo<BadRow> &row) {
    return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Nodes, BadLinks,
    testing::Values(
        BadRow{"peer_has_our_id", 8, "id = 1",
               "8: peer.id: expected a node id of its own, found 1 (also at line 2); give one of "
               "them another id"},
        BadRow{"two_peers_have_an_id", 13, "id = 2",
               "13: peer.id: expected a node id of its own, found 2 (also at line 8); "},
        BadRow{"peer_has_our_name", 9, R"(name = "alpha")",
               "9: peer.name: expected a node name of its own, found \"alpha\" (also at line 3); "
               "rename one of them"},
        BadRow{"two_peers_have_a_name", 14, R"(name = "beta")",
               "14: peer.name: expected a node name of its own, found \"beta\" (also at line 9); "},
        BadRow{"two_peers_have_a_key", 16,
               R"(keys = ["VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg="])",
               "16: peer.keys: expected a key of its own for every lane, found "
               "VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg= (also at line 11); "},
        BadRow{"two_lanes_of_a_peer_have_a_key", 16,
               "keys = [\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\",\n"
               "\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"]",
               "17: peer.keys: expected a key of its own for every lane, found AQID"},
        BadRow{"two_peers_have_an_endpoint", 15, R"(endpoint = "192.0.2.2:51820")",
               "15: peer.endpoint: expected an endpoint of its own, found 192.0.2.2:51820 for lane "
               "0 (also at line 10); "},
        BadRow{"lane_of_a_peer_meets_another_peer", 15,
               "endpoint = \"192.0.2.2:51819\"\n"
               "keys = [\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyE=\","
               "\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyI=\"]\n"
               "[[peer]]\nid = 4\nname = \"delta\"",
               "15: peer.endpoint: expected an endpoint of its own, found 192.0.2.2:51820 for lane "
               "1 (also at line 10); "},
        BadRow{"endpoint_ports_run_out", 10,
               "endpoint = \"192.0.2.2:65535\"\n"
               "keys = [\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyE=\","
               "\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyI=\"]\n[[peer]]\nid = 4\n"
               "name = \"delta\"",
               "10: peer.endpoint: expected room for 2 ports, found 192.0.2.2:65535; "},
        BadRow{"listen_ports_run_out", 6, "listen_port = 65530\n[wireguard]\nlanes = 8",
               "6: underlay.listen_port: expected at most 65528 with 8 lanes, found 65530; "},
        BadRow{"listen_port_is_that_of_vxlan", 6, "listen_port = 4788\n[wireguard]\nlanes = 2",
               "6: underlay.listen_port: expected ports other than VXLAN's, found 4788..4789; "},
        BadRow{"controllers_without_network_id", 6,
               "[control]\ncontrollers = [\"ctl.example:7443\"]",
               "7: control.network_id: expected the id of the overlay beside controllers, found "
               "nothing; "},
        BadRow{"network_id_without_controllers", 6, "[control]\nnetwork_id = \"storage\"",
               "7: control.controllers: expected a controller beside network_id, found none; "},
        BadRow{"controller_twice", 6,
               "[control]\nnetwork_id = \"storage\"\n"
               "controllers = [\"[2001:db8::9]:7443\", \"[2001:db8::9]:7443\"]",
               "8: control.controllers: expected each controller once, found "},
        BadRow{"controller_without_port", 6,
               "[control]\nnetwork_id = \"storage\"\ncontrollers = [\"ctl.example\"]",
               "8: control.controllers: expected a host and a TCP port such as 192.0.2.9:7443, "},
        BadRow{"announced_ports_run_out", 6,
               "[wireguard]\nlanes = 2\n[control]\nannounce = [\"192.0.2.1:65535\"]",
               "9: control.announce: expected room for 2 ports, found 192.0.2.1:65535; "},
        BadRow{"vxlan_port_is_that_of_control_messages", 6, "[overlay]\nvxlan_port = 4790",
               "7: overlay.vxlan_port: expected another port than 4790, found 4790; "},
        BadRow{"uplink_twice", 5, "uplinks = [\"eth0\",\n\"eth1\",\n\"eth0\"]",
               "7: underlay.uplinks: expected each interface once, found \"eth0\" again; "}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Pool, BadLinks,
    testing::Values(
        BadRow{"ipv6", 6, "[overlay]\nvtep_pool = \"2001:db8::/96\"",
               "7: overlay.vtep_pool: expected an IPv4 prefix, found 2001:db8::/96; "},
        BadRow{"host_bits", 6, "[overlay]\nvtep_pool = \"100.64.0.1/10\"",
               "7: overlay.vtep_pool: expected a prefix without host bits, found 100.64.0.1/10; "
               "write 100.64.0.0/10"},
        BadRow{"too_wide", 6, "[overlay]\nvtep_pool = \"0.0.0.0/0\"",
               "7: overlay.vtep_pool: expected a prefix length of 8..30, found 0.0.0.0/0; "},
        BadRow{"multicast", 6, "[overlay]\nvtep_pool = \"224.0.0.0/10\"",
               "7: overlay.vtep_pool: expected unicast addresses, found 224.0.0.0/10; "},
        BadRow{"loopback", 6, "[overlay]\nvtep_pool = \"127.0.0.0/10\"",
               "7: overlay.vtep_pool: expected unicast addresses, found 127.0.0.0/10; "},
        BadRow{"our_id_does_not_fit", 2, "id = 2097152",
               "2: node.id: expected an id of at most 2097151, found 2097152; 100.64.0.0/10 has no "
               "two addresses for it, widen overlay.vtep_pool"},
        BadRow{"id_of_a_peer_does_not_fit", 6,
               "[overlay]\nvtep_pool = \"192.0.2.0/30\"\n[[peer]]\n"
               "id = 4\nname = \"delta\"\nkeys = "
               "[\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyE=\"]",
               "9: peer.id: expected an id of at most 1, found 4; 192.0.2.0/30 has no two "},
        BadRow{"over_a_subnet", 6, "[overlay]\nvtep_pool = \"10.0.0.0/8\"",
               "21: network.subnets: expected a subnet apart from overlay.vtep_pool, found "
               "10.1.0.0/24 over 10.0.0.0/8; "}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Networks, BadLinks,
    testing::Values(
        BadRow{"name_twice", 23, R"(name = "red")",
               "23: network.name: expected a network name of its own, found \"red\" (also at line "
               "18); "},
        BadRow{"vni_twice", 24, "vni = 100",
               "24: network.vni: expected a VNI of its own, found 100 (also at line 19); "},
        BadRow{"subnet_has_host_bits", 25, R"(subnets = ["10.2.0.1/24"])",
               "25: network.subnets: expected a prefix without host bits, found 10.2.0.1/24; write "
               "10.2.0.0/24"},
        BadRow{"subnets_overlap", 25, "subnets = [\"10.2.0.0/24\",\n\"10.2.0.128/25\"]",
               "26: network.subnets: expected subnets apart from each other, found 10.2.0.128/25 "
               "over 10.2.0.0/24; "},
        BadRow{"ipv6_subnets_overlap", 25,
               R"(subnets = ["10.2.0.0/24", "2001:db8:2::/64", "2001:db8::/32"])",
               "25: network.subnets: expected subnets apart from each other, found 2001:db8::/32 "
               "over 2001:db8:2::/64; "},
        BadRow{"subnet_multicast", 25, R"(subnets = ["10.2.0.0/24", "ff00::/8"])",
               "25: network.subnets: expected unicast addresses, found ff00::/8; "},
        BadRow{"unknown_member", 21, "members = [\"alpha\",\n\"betta\"]",
               "22: network.members: expected the name of a node, found \"betta\"; did you mean "
               "\"beta\"?"},
        BadRow{"unknown_member_like_none", 21, R"(members = ["alpha", "omicron"])",
               "21: network.members: expected the name of a node, found \"omicron\"; add it, or "
               "name another node"},
        BadRow{"member_twice", 21, R"(members = ["alpha", "beta", "alpha"])",
               "21: network.members: expected each node once, found \"alpha\" again; "},
        BadRow{"mtu_below_ipv6", 19, "vni = 100\nmtu = 1279",
               "20: network.mtu: expected at least 1280 with an IPv6 subnet, found 1279; "},
        BadRow{"mtu_above_what_the_underlay_gives", 5,
               "mtu = 1500\nuplinks = [\"eth0\"]\n"
               "[[network]]\nname = \"n\"\nvni = 1\n"
               "mtu = 1359",
               "10: network.mtu: expected at most 1358 over an underlay MTU of 1500, found 1359; "},
        BadRow{"underlay_mtu_too_small_for_ipv6", 6, "mtu = 1423",
               "6: underlay.mtu: MTU too small: expected an underlay MTU of at least 1424 "
               "(networks need 1280 for IPv6), found 1423 which leaves 1278; "}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Ports, BadLinks,
    testing::Values(
        BadRow{"name_twice", 36, R"(name = "red-c1")",
               "36: port.name: expected a port name of its own, found \"red-c1\" (also at line "
               "27); "},
        BadRow{"unknown_network", 28, R"(network = "reed")",
               "28: port.network: expected the name of a network, found \"reed\"; did you mean "
               "\"red\"?"},
        BadRow{"not_a_member", 21, R"(members = ["beta"])",
               "28: port.network: expected a network that this node is a member of, found \"red\"; "
               "add \"alpha\" to its members (line 21)"},
        BadRow{"netns_missing", 30, "",
               "26: port.netns: expected a network namespace for kind netns, found nothing; "},
        BadRow{"netns_of_a_host_port", 38, "ifname = \"blue0\"\nnetns = \"c1\"",
               "39: port.netns: expected no netns for kind host, found \"c1\"; "},
        BadRow{"interface_twice_in_a_netns", 38,
               "kind = \"netns\"\nnetns = \"c1\"\nifname = \"eth0\"",
               "40: port.ifname: expected an interface name of its own in its namespace, found "
               "\"eth0\" (also at line 31); "},
        BadRow{"interface_twice_by_path_and_name", 38,
               "kind = \"netns\"\nnetns = \"/run/netns/c1\"\nifname = \"eth0\"",
               "40: port.ifname: expected an interface name of its own in its namespace"},
        BadRow{"interface_is_an_uplink", 38, R"(ifname = "eth0")",
               "38: port.ifname: expected a new interface, found the uplink \"eth0\"; "},
        BadRow{"interface_is_a_lane", 38, R"(ifname = "coax-wg7")",
               "38: port.ifname: expected a new interface, found \"coax-wg7\" which the agent "},
        BadRow{"interface_is_the_handover", 38, R"(ifname = "coax-hand")",
               "38: port.ifname: expected a new interface, found \"coax-hand\" which the agent "},
        BadRow{"address_outside_of_the_network", 33,
               "addresses = [\"10.1.0.11/24\",\n\"10.2.0.1/24\"]",
               "34: port.addresses: expected an address in a subnet of network \"red\", found "
               "10.2.0.1/24; "},
        BadRow{"address_wider_than_the_subnet", 33, R"(addresses = ["10.1.0.11/16"])",
               "33: port.addresses: expected a prefix length of at least 24 as in subnet "
               "10.1.0.0/24, found 10.1.0.11/16; "},
        BadRow{"address_is_the_network", 33, R"(addresses = ["10.1.0.0/24"])",
               "33: port.addresses: expected the address of a host, found 10.1.0.0/24 which is "
               "the network's own; "},
        BadRow{"address_is_the_broadcast", 33, R"(addresses = ["10.1.0.255/24"])",
               "33: port.addresses: expected the address of a host, found 10.1.0.255/24 which is "
               "the broadcast address; "},
        BadRow{"address_twice", 40, R"(addresses = ["10.2.0.1/24", "10.2.0.1/32"])",
               "40: port.addresses: expected an IP address of its own in the network, found "
               "10.2.0.1 (also at line 40); "},
        BadRow{"more_ip_is_an_address", 41, R"(more_ips = ["10.2.0.1"])",
               "41: port.more_ips: expected an IP address of its own in the network, found "
               "10.2.0.1 (also at line 40); "},
        BadRow{"more_ip_multicast", 41, R"(more_ips = ["224.0.0.1"])",
               "41: port.more_ips: expected a unicast address, found 224.0.0.1; "},
        BadRow{"guard_without_addresses", 33, "",
               "34: port.guard_ips: expected addresses or more_ips beside guard_ips = true, "},
        BadRow{"more_mac_is_the_mac", 39,
               "mac = \"02:00:5e:00:53:02\"\nmore_macs = [\"02:00:5e:00:53:02\"]",
               "40: port.more_macs: expected a MAC address of its own in the network, found "
               "02:00:5e:00:53:02 (also at line 39); "},
        BadRow{"second_host_port_with_the_same_subnet", 42,
               "[[network]]\nname = \"green\"\nvni = 300\nsubnets = [\"10.2.0.0/16\"]\n[[port]]\n"
               "name = \"green\"\nnetwork = \"green\"\nifname = \"green0\"\n[[endpoint]]",
               "48: port.network: expected host ports in networks with subnets apart, found "
               "10.2.0.0/16 of \"green\" over 10.2.0.0/24 of \"blue\"; "}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Endpoints, BadLinks,
    testing::Values(
        BadRow{"unknown_network", 43, R"(network = "green")",
               "43: endpoint.network: expected the name of a network, found \"green\"; "},
        BadRow{"unknown_node", 45, R"(node = "delta")",
               "45: endpoint.node: expected the name of a node, found \"delta\"; "},
        BadRow{"this_node", 45, R"(node = "alpha")",
               "45: endpoint.node: expected another node, found \"alpha\" which is this one; "},
        BadRow{"not_a_member", 45, R"(node = "gamma")",
               "45: endpoint.node: expected a member of network \"red\", found \"gamma\"; add it "
               "to its members (line 21)"},
        BadRow{"mac_of_a_port", 44, R"(mac = "02:00:5e:00:53:01")",
               "44: endpoint.mac: expected a MAC address of its own in the network, found "
               "02:00:5e:00:53:01 (also at line 32); "},
        BadRow{"mac_twice", 45,
               "node = \"beta\"\n[[endpoint]]\nnetwork = \"red\"\nmac = \"02:00:5e:00:53:03\"\n"
               "node = \"beta\"",
               "48: endpoint.mac: expected a MAC address of its own in the network"}),
    row_name);

} // namespace
} // namespace coax
