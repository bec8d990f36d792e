// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/tables.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "agent/names.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using test::example_state;
using test::key;
using test::mac;
using test::prefix;

constexpr std::uint32_t kVtepSelf = 0x64400001; // 100.64.0.1
constexpr std::uint32_t kVtepBeta = 0x64400002;

const ResolvedLinks kLinks{
    IfIndex(5), {IfIndex(10)}, {{"red-c1", IfIndex(21)}, {"red-h", IfIndex(22)}}};

DatapathTables build(const DesiredState &state, const ResolvedLinks &links = kLinks,
                     bool decap_l3 = false,
                     const Table<coax_flood_key, coax_target> &previous = {}) {
    return tables_for({state, links, 1390, decap_l3, previous});
}

coax_fdb_key fdb_key(std::uint32_t vni, const std::string &text) {
    coax_fdb_key out{};
    out.vni = vni;
    const MacAddress address = mac(text);
    std::copy(address.bytes.begin(), address.bytes.end(), out.mac);
    return out;
}

coax_guard_ip_key guard_ip(std::uint32_t ifindex, const std::string &text) {
    coax_guard_ip_key out{};
    out.ifindex = ifindex;
    const auto bytes = IpAddress::parse(text)->bytes();
    std::copy(bytes.begin(), bytes.end(), out.addr);
    return out;
}

TEST(Tables, settings_hold_vteps_lanes_and_ports_in_wire_order) {
    DesiredState state = example_state();
    state.wireguard.lanes = 2;
    const ResolvedLinks links{IfIndex(5), {IfIndex(10), IfIndex(11)}, {}};
    const coax_settings settings = build(state, links).settings;
    EXPECT_EQ(settings.self_vtep_be, htonl(kVtepSelf));
    EXPECT_EQ(settings.vtep_pool_be, htonl(0x64400000));
    EXPECT_EQ(settings.vtep_mask_be, htonl(0xffc00000));
    EXPECT_EQ(settings.handover_ifindex, 5U);
    EXPECT_EQ(settings.lanes, 2U);
    EXPECT_EQ(settings.lane_ifindex[0], 10U);
    EXPECT_EQ(settings.lane_ifindex[1], 11U);
    EXPECT_EQ(settings.lane_ifindex[2], 0U);
    EXPECT_EQ(settings.listen_port_be[0], htons(51820));
    EXPECT_EQ(settings.listen_port_be[1], htons(51821));
    EXPECT_EQ(settings.listen_port_be[2], 0U);
    EXPECT_EQ(settings.vxlan_port_be, htons(4789));
}

TEST(Tables, settings_flags_follow_the_configuration) {
    DesiredState state = example_state();
    EXPECT_EQ(build(state).settings.flags,
              unsigned{COAX_SETTINGS_DROP_ALL_VXLAN} | COAX_SETTINGS_GUARD_SUBNETS);
    EXPECT_EQ(build(state, kLinks, true).settings.flags & COAX_SETTINGS_DECAP_L3,
              unsigned{COAX_SETTINGS_DECAP_L3});
    state.underlay.drop_all_vxlan = false;
    state.networks.at(Vni(100)).subnets.clear();
    EXPECT_EQ(build(state).settings.flags, 0U);
}

TEST(Tables, lane_without_a_device_is_zero) {
    DesiredState state = example_state();
    state.wireguard.lanes = 2;
    const coax_settings settings = build(state, {IfIndex(5), {IfIndex(10)}, {}}).settings;
    EXPECT_EQ(settings.lanes, 2U);
    EXPECT_EQ(settings.lane_ifindex[1], 0U);
}

TEST(Tables, port_row_and_static_entry_follow_the_kind) {
    const DatapathTables tables = build(example_state());
    ASSERT_EQ(tables.ports.size(), 2U);
    const coax_port &port = tables.ports.at(21);
    EXPECT_EQ(port.vni, 100U);
    EXPECT_EQ(port.port_id, stable_id("red-c1"));
    EXPECT_EQ(port.flags, 0U);

    const coax_fdb_entry &netns = tables.static_fdb.at(fdb_key(100, "02:00:00:00:01:0b"));
    EXPECT_EQ(netns.target.kind, COAX_TARGET_PORT_PEER);
    EXPECT_EQ(netns.target.ifindex, 21U);
    EXPECT_EQ(netns.flags, unsigned{COAX_FDB_STATIC});
    const coax_fdb_entry &host = tables.static_fdb.at(fdb_key(100, "02:00:00:00:01:01"));
    EXPECT_EQ(host.target.kind, COAX_TARGET_PORT_EGRESS);
    EXPECT_EQ(host.target.ifindex, 22U);
}

TEST(Tables, port_without_an_interface_is_nowhere) {
    const DatapathTables tables = build(example_state(), {IfIndex(5), {IfIndex(10)}, {}});
    EXPECT_TRUE(tables.ports.empty());
    EXPECT_TRUE(tables.static_fdb.empty());
    EXPECT_EQ(tables.networks.at(100).local_targets, 0U);
}

TEST(Tables, further_macs_are_guarded_and_local) {
    DesiredState state = example_state();
    state.ports.at("red-c1").more_macs = {mac("02:00:00:00:01:aa")};
    const DatapathTables tables = build(state);
    EXPECT_EQ(tables.ports.at(21).flags, COAX_PORT_MORE_MACS);
    coax_guard_mac_key guard{};
    guard.ifindex = 21;
    const MacAddress more = mac("02:00:00:00:01:aa");
    std::copy(more.bytes.begin(), more.bytes.end(), guard.mac);
    EXPECT_TRUE(tables.guard_macs.contains(guard));
    EXPECT_EQ(tables.static_fdb.at(fdb_key(100, "02:00:00:00:01:aa")).target.ifindex, 21U);
}

TEST(Tables, guarded_ips_are_addresses_more_ips_and_the_link_local) {
    DesiredState state = example_state();
    Port &port = state.ports.at("red-c1");
    port.guard_ips = true;
    port.addresses.push_back(prefix("2001:db8:1::11/64"));
    port.more_ips = {*IpAddress::parse("10.1.0.99")};
    const DatapathTables tables = build(state);
    EXPECT_EQ(tables.ports.at(21).flags, COAX_PORT_GUARD_IP);
    for (const char *address : {"10.1.0.11", "2001:db8:1::11", "10.1.0.99", "fe80::ff:fe00:10b"})
        EXPECT_TRUE(tables.guard_ips.contains(guard_ip(21, address))) << address;
    EXPECT_EQ(tables.guard_ips.size(), 4U);
}

TEST(Tables, ips_are_not_guarded_unless_asked) {
    EXPECT_TRUE(build(example_state()).guard_ips.empty());
}

TEST(Tables, network_row_holds_flags_mtu_and_limits) {
    DesiredState state = example_state();
    Network &red = state.networks.at(Vni(100));
    red.flood_pps = 77;
    red.learn_limit = 88;
    coax_network row = build(state).networks.at(100);
    EXPECT_EQ(row.flags, unsigned{COAX_NETWORK_FLOOD} | COAX_NETWORK_LEARN);
    EXPECT_EQ(row.mtu, 1390U);
    EXPECT_EQ(row.flood_pps, 77U);
    EXPECT_EQ(row.learn_limit, 88U);
    EXPECT_EQ(row.local_targets, 2U);
    EXPECT_EQ(row.remote_targets, 2U);

    red.flood = red.learn = false;
    red.mtu = 1300;
    row = build(state).networks.at(100);
    EXPECT_EQ(row.flags, 0U);
    EXPECT_EQ(row.mtu, 1300U);
    red.mtu = 9000;
    EXPECT_EQ(build(state).networks.at(100).mtu, 1390U) << "never more than the underlay allows";
}

TEST(Tables, flood_targets_are_ports_then_members_without_this_node) {
    const auto flood = build(example_state()).flood;
    ASSERT_EQ(flood.size(), 4U);
    EXPECT_EQ(flood.at({100, 0}).ifindex, 21U);
    EXPECT_EQ(flood.at({100, 1}).ifindex, 22U);
    EXPECT_EQ(flood.at({100, COAX_FLOOD_REMOTE_FIRST}).vtep_be, htonl(kVtepBeta));
    EXPECT_EQ(flood.at({100, COAX_FLOOD_REMOTE_FIRST + 1}).vtep_be, htonl(kVtepBeta + 1));
    EXPECT_EQ(flood.at({100, COAX_FLOOD_REMOTE_FIRST + 1}).kind, COAX_TARGET_NODE);
}

TEST(Tables, member_that_left_leaves_the_other_targets_in_place) {
    DesiredState state = example_state();
    const auto before = build(state).flood;
    state.networks.at(Vni(100)).members.erase(NodeId(2));
    const auto after = build(state, kLinks, false, before).flood;
    EXPECT_EQ(after.size(), 3U);
    EXPECT_EQ(after.at({100, COAX_FLOOD_REMOTE_FIRST}).vtep_be, htonl(kVtepBeta + 1));
    EXPECT_EQ(after.at({100, 0}).ifindex, 21U);
}

TEST(Tables, members_are_the_remote_ones_of_each_network) {
    DesiredState state = example_state();
    Network blue = state.networks.at(Vni(100));
    blue.vni = Vni(200);
    blue.members = {NodeId(1), NodeId(3), NodeId(99)}; // 99: no peer of ours
    state.networks.emplace(blue.vni, blue);
    const auto members = build(state).members;
    EXPECT_EQ(members.size(), 3U);
    EXPECT_TRUE(members.contains({htonl(kVtepBeta), 100}));
    EXPECT_TRUE(members.contains({htonl(kVtepBeta + 1), 100}));
    EXPECT_FALSE(members.contains({htonl(kVtepBeta), 200}));
    EXPECT_EQ(members.at({htonl(kVtepBeta + 1), 200}).node_id, 3U);
}

TEST(Tables, lanes_to_a_node_are_those_both_have) {
    DesiredState state = example_state();
    state.wireguard.lanes = 2;
    state.peers.at(NodeId(2)).keys = {key(2), key(12), key(22)};
    const DatapathTables tables = build(state);
    EXPECT_EQ(tables.nodes.at(htonl(kVtepBeta)).lanes, 2U);
    EXPECT_EQ(tables.nodes.at(htonl(kVtepBeta)).node_id, 2U);
    EXPECT_EQ(tables.nodes.at(htonl(kVtepBeta + 1)).lanes, 1U);
    EXPECT_EQ(tables.members.at({htonl(kVtepBeta), 100}).lanes, 2U);
    EXPECT_EQ(tables.flood.at({100, COAX_FLOOD_REMOTE_FIRST}).lanes, 2U);
}

TEST(Tables, static_endpoint_points_at_its_node) {
    DesiredState state = example_state();
    state.endpoints = {{Vni(100), mac("02:00:00:00:02:01"), NodeId(2)},
                       {Vni(100), mac("02:00:00:00:02:02"), NodeId(77)}};
    const auto fdb = build(state).static_fdb;
    const coax_fdb_entry &entry = fdb.at(fdb_key(100, "02:00:00:00:02:01"));
    EXPECT_EQ(entry.target.kind, COAX_TARGET_NODE);
    EXPECT_EQ(entry.target.vtep_be, htonl(kVtepBeta));
    EXPECT_EQ(entry.target.lanes, 1U);
    EXPECT_EQ(entry.flags, unsigned{COAX_FDB_STATIC});
    EXPECT_FALSE(fdb.contains(fdb_key(100, "02:00:00:00:02:02"))) << "a node that is no peer";
}

TEST(Tables, subnets_are_guarded_as_mapped_prefixes) {
    DesiredState state = example_state();
    state.networks.at(Vni(100)).subnets = {prefix("10.1.0.7/24"), prefix("2001:db8:1::5/64")};
    const auto subnets = build(state).subnets;
    ASSERT_EQ(subnets.size(), 2U);
    coax_subnet_key v4{120, {}};
    const auto v4_bytes = IpAddress::parse("10.1.0.0")->bytes();
    std::copy(v4_bytes.begin(), v4_bytes.end(), v4.addr);
    EXPECT_TRUE(subnets.contains(v4));
    coax_subnet_key v6{64, {}};
    const auto v6_bytes = IpAddress::parse("2001:db8:1::")->bytes();
    std::copy(v6_bytes.begin(), v6_bytes.end(), v6.addr);
    EXPECT_TRUE(subnets.contains(v6));
    state.underlay.guard_subnets = false;
    EXPECT_TRUE(build(state).subnets.empty());
}

TEST(Tables, flood_list_is_cut_at_its_bound) {
    DesiredState state = example_state();
    for (std::uint32_t id = 10; id < 10 + COAX_FLOOD_TARGETS_MAX; ++id) {
        Peer peer = state.peers.at(NodeId(2));
        peer.id = NodeId(id);
        state.peers.emplace(peer.id, peer);
        state.networks.at(Vni(100)).members.insert(peer.id);
    }
    const DatapathTables tables = build(state);
    const coax_network &row = tables.networks.at(100);
    EXPECT_EQ(row.remote_targets, unsigned{COAX_FLOOD_TARGETS_MAX});
    EXPECT_EQ(tables.flood.size(), std::size_t{COAX_FLOOD_TARGETS_MAX} + row.local_targets);
}

TEST(Tables, link_local_is_the_modified_eui64) {
    EXPECT_EQ(link_local_of(mac("02:00:5e:10:00:01")).to_string(), "fe80::5eff:fe10:1");
}

TEST(GuardTables, know_what_is_overlay_and_no_wireguard_port) {
    const DesiredState state = example_state();
    const DatapathTables guard = guard_tables_for(state);
    const DatapathTables full = build(state);
    EXPECT_EQ(guard.settings.vtep_pool_be, full.settings.vtep_pool_be);
    EXPECT_EQ(guard.settings.vtep_mask_be, full.settings.vtep_mask_be);
    EXPECT_EQ(guard.settings.vxlan_port_be, full.settings.vxlan_port_be);
    EXPECT_EQ(guard.settings.flags, full.settings.flags);
    EXPECT_EQ(guard.settings.lanes, 1U); // 0 would let everything pass
    EXPECT_EQ(guard.settings.listen_port_be[0], 0U);
    EXPECT_EQ(guard.networks.size(), full.networks.size());
    EXPECT_EQ(guard.networks.at(100).remote_targets, 0U);
    EXPECT_EQ(guard.subnets.size(), full.subnets.size());
    EXPECT_FALSE(guard.subnets.empty());
    EXPECT_TRUE(guard.ports.empty() && guard.nodes.empty() && guard.members.empty() &&
                guard.flood.empty() && guard.static_fdb.empty());
}

TEST(GuardTables, settings_of_an_agent_are_told_from_those_of_the_guard) {
    const DesiredState state = example_state();
    EXPECT_TRUE(is_unconfigured(coax_settings{}));
    EXPECT_TRUE(is_unconfigured(guard_tables_for(state).settings));
    EXPECT_FALSE(is_unconfigured(build(state).settings));
}

} // namespace
} // namespace coax
