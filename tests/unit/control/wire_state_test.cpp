// SPDX-License-Identifier: Apache-2.0
#include "lib/control/wire_state.h"

#include <functional>

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace coax::test {
namespace {

namespace wire = controller::v1;
using google::protobuf::util::MessageDifferencer;
using testing::StartsWith;

wire::Network good_network() {
    wire::Network network;
    network.set_name("red");
    network.set_vni(100);
    network.add_subnets("10.1.0.0/24");
    network.add_subnets("2001:db8:1::/64");
    network.set_flood(true);
    network.set_flood_pps(1000);
    network.set_learn(true);
    network.set_learn_limit(65536);
    network.set_mtu(1390);
    network.add_members(1);
    network.add_members(16777215);
    return network;
}

wire::Port good_port() {
    wire::Port port;
    port.set_name("red-c1");
    port.set_node_id(7);
    port.set_network("red");
    port.set_kind("netns");
    port.set_netns("c1");
    port.set_ifname("eth0");
    port.set_mac("02:00:5e:00:53:01");
    port.add_more_macs("02:00:5e:00:53:02");
    port.add_addresses("10.1.0.11/24");
    port.set_guard_ips(true);
    port.add_more_ips("10.1.0.99");
    return port;
}

TEST(WireState, reads_and_writes_the_same_network) {
    const auto read = network_from_wire(good_network());
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read->network.mtu, 1390U);
    EXPECT_EQ(read->network.members, (std::set<NodeId>{NodeId(1), NodeId(16777215)}));
    EXPECT_FALSE(read->all_nodes);
    EXPECT_TRUE(MessageDifferencer::Equals(network_to_wire(read->network, false), good_network()));
}

TEST(WireState, takes_a_network_for_all_nodes_of_any_mtu) {
    wire::Network network = good_network();
    network.clear_members();
    network.clear_mtu();
    network.set_all_nodes(true);
    const auto read = network_from_wire(network);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_TRUE(read->all_nodes);
    EXPECT_EQ(read->network.mtu, std::nullopt);
    EXPECT_TRUE(MessageDifferencer::Equals(network_to_wire(read->network, true), network));
}

TEST(WireState, reads_and_writes_the_same_port) {
    const auto read = port_from_wire(good_port());
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read->network, "red");
    EXPECT_EQ(read->node, NodeId(7));
    EXPECT_TRUE(
        MessageDifferencer::Equals(port_to_wire(read->port, "red", NodeId(7)), good_port()));
    wire::Port short_one;
    short_one.set_name("p");
    short_one.set_node_id(1);
    short_one.set_network("red");
    short_one.set_kind("host");
    short_one.set_ifname("red0");
    const auto bare = port_from_wire(short_one);
    ASSERT_TRUE(bare.ok()) << bare.error().message();
    EXPECT_TRUE(bare->port.mac.is_zero());
    EXPECT_TRUE(MessageDifferencer::Equals(port_to_wire(bare->port, "red", NodeId(1)), short_one));
}

struct BadNetwork {
    std::string name;
    std::function<void(wire::Network &)> spoil;
    std::string error;
};
class BadNetworks : public testing::TestWithParam<BadNetwork> {};

TEST_P(BadNetworks, are_refused_by_field) {
    wire::Network network = good_network();
    GetParam().spoil(network);
    const auto read = network_from_wire(network);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(read.error().message(), StartsWith(GetParam().error));
}

template <typename Row>
std::string row_name(const testing::TestParamInfo<Row> &row) {
    return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadNetworks,
    testing::Values(
        BadNetwork{"no_name", [](auto &n) { n.clear_name(); }, "network.name: expected 1..32"},
        BadNetwork{
            "name_with_line_break", [](auto &n) { n.set_name("a\nb"); },
            R"(network.name: expected 1..32 of a-z 0-9 -, first a letter or digit, found "a\nb")"},
        BadNetwork{"no_vni", [](auto &n) { n.set_vni(0); },
                   "network.vni: expected an integer 1..16777215, found 0"},
        BadNetwork{"vni_of_25_bits", [](auto &n) { n.set_vni(1U << 24); }, "network.vni: "},
        BadNetwork{"subnet_no_prefix", [](auto &n) { n.add_subnets("10.2.0.0"); },
                   "network.subnets: expected an address with prefix length"},
        BadNetwork{"too_many_subnets",
                   [](auto &n) {
                       for (int i = 0; i < 256; ++i)
                           n.add_subnets("10.2.0.0/24");
                   },
                   "network.subnets: expected at most 256 elements, found 258"},
        BadNetwork{"flood_pps_0", [](auto &n) { n.set_flood_pps(0); }, "network.flood_pps: "},
        BadNetwork{"learn_limit_0", [](auto &n) { n.set_learn_limit(0); }, "network.learn_limit: "},
        BadNetwork{"small_mtu", [](auto &n) { n.set_mtu(575); }, "network.mtu: "},
        BadNetwork{"member_0", [](auto &n) { n.add_members(0); },
                   "network.members: expected a node id of 1..16777215, found 0"},
        BadNetwork{"member_of_25_bits", [](auto &n) { n.add_members(1U << 24); },
                   "network.members: "},
        BadNetwork{"member_twice", [](auto &n) { n.add_members(1); },
                   "network.members: expected each node once, found 1 again"},
        BadNetwork{"members_and_all", [](auto &n) { n.set_all_nodes(true); },
                   "network.members: expected none with all_nodes"}),
    row_name<BadNetwork>);

struct BadPort {
    std::string name;
    std::function<void(wire::Port &)> spoil;
    std::string error;
};
class BadPorts : public testing::TestWithParam<BadPort> {};

TEST_P(BadPorts, are_refused_by_field) {
    wire::Port port = good_port();
    GetParam().spoil(port);
    const auto read = port_from_wire(port);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(read.error().message(), StartsWith(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPorts,
    testing::Values(
        BadPort{"no_name", [](auto &p) { p.clear_name(); }, "port.name: "},
        BadPort{"no_node", [](auto &p) { p.set_node_id(0); }, "port.node_id: "},
        BadPort{"no_network", [](auto &p) { p.clear_network(); }, "port.network: "},
        BadPort{"unknown_kind", [](auto &p) { p.set_kind("tap"); },
                R"(port.kind: expected one of host, netns, found "tap")"},
        BadPort{"netns_above", [](auto &p) { p.set_netns("../1"); }, "port.netns: "},
        BadPort{"long_ifname", [](auto &p) { p.set_ifname("sixteen-letters-"); }, "port.ifname: "},
        BadPort{"no_ifname", [](auto &p) { p.clear_ifname(); }, "port.ifname: "},
        BadPort{"multicast_mac", [](auto &p) { p.set_mac("01:00:5e:00:53:01"); }, "port.mac: "},
        BadPort{"zero_mac", [](auto &p) { p.set_mac("00:00:00:00:00:00"); }, "port.mac: "},
        BadPort{"empty_more_mac", [](auto &p) { p.add_more_macs(""); }, "port.more_macs: "},
        BadPort{"address_no_prefix", [](auto &p) { p.add_addresses("10.1.0.12"); },
                "port.addresses: "},
        BadPort{"unspecified_ip", [](auto &p) { p.add_more_ips("0.0.0.0"); }, "port.more_ips: "}),
    row_name<BadPort>);

} // namespace
} // namespace coax::test
