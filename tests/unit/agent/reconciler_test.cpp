// SPDX-License-Identifier: Apache-2.0
#include "agent/reconciler.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "agent/names.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using test::FaultPlan;
using test::key;
using test::mac;
using test::prefix;
using test::socket_address;
using test::World;

std::size_t position(const std::vector<std::string> &log, const std::string &event) {
    for (std::size_t i = 0; i < log.size(); ++i) {
        if (log[i].starts_with(event))
            return i;
    }
    ADD_FAILURE() << "no " << event << " in the log";
    return 0;
}

TEST(Reconciler, builds_everything_from_nothing) {
    World world;
    ASSERT_TRUE(world.run().ok()) << world.agent->report().error;
    world.expect_complete();
    const Link *lane = world.host.peek("n1-wg0");
    EXPECT_EQ(lane->mtu, 1440U);
    EXPECT_TRUE(world.host.autoconf_off("n1-wg0"));
    EXPECT_TRUE(world.host.threaded("n1-wg0"));
    const Link *user = world.c1().peek("eth0");
    ASSERT_NE(user, nullptr);
    EXPECT_EQ(user->mtu, 1390U);
    EXPECT_EQ(user->mac, mac("02:00:00:00:01:0b"));
    EXPECT_TRUE(user->up);
    EXPECT_EQ(*world.c1().addresses(user->index), std::vector<IpPrefix>{prefix("10.1.0.11/24")});
    EXPECT_EQ(world.wireguard.peek("n1-wg0")->peers.size(), 2U);
}

TEST(Reconciler, guards_uplinks_first_and_brings_ports_up_last) {
    World world;
    ASSERT_TRUE(world.run().ok());
    const auto guard = position(world.log, "uplink.guarded");
    EXPECT_EQ(guard, 0U);
    EXPECT_LT(guard, position(world.log, "lane.created"));
    EXPECT_LT(position(world.log, "port.attached"), position(world.log, "tables.written"));
    EXPECT_LT(position(world.log, "tables.written"), position(world.log, "port.up"));
}

TEST(Reconciler, second_pass_changes_nothing) {
    World world;
    ASSERT_TRUE(world.run().ok());
    EXPECT_GT(world.changes(), 0U);
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
}

TEST(Reconciler, restarted_agent_changes_nothing) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.restart();
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
    world.expect_complete();
}

TEST(Reconciler, peer_removed_by_hand_is_back) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.wireguard.peek("n1-wg0")->peers.erase(key(2));
    ASSERT_TRUE(world.run().ok());
    EXPECT_TRUE(world.wireguard.peek("n1-wg0")->peers.contains(key(2)));
    EXPECT_EQ(world.changes(), 1U);
}

TEST(Reconciler, strange_peer_is_removed) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.wireguard.peek("n1-wg0")->peers[key(66)] = {};
    ASSERT_TRUE(world.run().ok());
    EXPECT_FALSE(world.wireguard.peek("n1-wg0")->peers.contains(key(66)));
}

TEST(Reconciler, port_deleted_by_hand_is_made_anew) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.vanish(port_device("n1", "red-c1", 0));
    EXPECT_EQ(world.c1().peek("eth0"), nullptr);
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();
    EXPECT_NE(world.c1().peek("eth0"), nullptr);
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
}

TEST(Reconciler, lane_that_died_is_made_anew_and_reported) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.vanish("n1-wg0");
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();
    EXPECT_EQ(world.wireguard.peek("n1-wg0")->peers.size(), 2U);
    EXPECT_TRUE(world.degraded("wireguard.restarted"));
    world.clock.advance(std::chrono::minutes(11));
    ASSERT_TRUE(world.run().ok());
    EXPECT_FALSE(world.degraded("wireguard.restarted"));
}

TEST(Reconciler, settings_bent_by_hand_are_put_right) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.host.peek("n1-wg0")->mtu = 1300;
    world.host.peek("red0")->mac = mac("02:00:00:00:99:99");
    world.c1().peek("eth0")->up = false;
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 3U);
    EXPECT_EQ(world.host.peek("n1-wg0")->mtu, 1440U);
    EXPECT_EQ(world.host.peek("red0")->mac, mac("02:00:00:00:01:01"));
    EXPECT_TRUE(world.c1().peek("eth0")->up);
}

TEST(Reconciler, addition_touches_nothing_else) {
    World world;
    ASSERT_TRUE(world.run().ok());
    Peer delta = world.state.peers.at(NodeId(2));
    delta.id = NodeId(4);
    delta.name = "delta";
    delta.keys = {key(4)};
    world.state.peers.emplace(delta.id, delta);
    Network blue = world.state.networks.at(Vni(100));
    blue.vni = Vni(200);
    blue.name = "blue";
    blue.members = {NodeId(1), NodeId(4)};
    world.state.networks.emplace(blue.vni, blue);
    Port port = world.state.ports.at("red-h");
    port.name = "blue-h";
    port.vni = Vni(200);
    port.ifname = "blue0";
    world.state.ports.emplace(port.name, port);
    world.host.faults.forget_calls();
    world.c1().faults.forget_calls();
    world.datapath.faults.forget_calls();
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();

    const FaultPlan &tables = world.datapath.faults;
    EXPECT_EQ(tables.count("set coax_settings"), 0U);
    EXPECT_EQ(tables.count("set coax_ports"), 1U);
    EXPECT_EQ(tables.count("set coax_networks"), 1U);
    EXPECT_EQ(tables.count("set coax_nodes"), 1U);
    EXPECT_EQ(tables.count("set coax_flood"), 2U);
    EXPECT_EQ(tables.count("remove"), 0U);
    EXPECT_EQ(world.wireguard.last_delta().set_peers.size(), 1U);
    EXPECT_TRUE(world.wireguard.last_delta().remove_peers.empty());
    EXPECT_EQ(world.c1().faults.count("set_"), 0U);
    EXPECT_EQ(world.host.faults.count("set_mtu"), 0U);
}

TEST(Reconciler, removal_leaves_nothing_behind_and_takes_tables_first) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.log.clear();
    world.state.peers.erase(NodeId(3));
    world.state.networks.at(Vni(100)).members.erase(NodeId(3));
    world.state.ports.erase("red-c1");
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();
    EXPECT_EQ(world.c1().peek("eth0"), nullptr);
    EXPECT_EQ(world.memory->port("red-c1"), PortRecord{});
    EXPECT_FALSE(world.wireguard.peek("n1-wg0")->peers.contains(key(3)));
    EXPECT_LT(position(world.log, "tables.written"), position(world.log, "lane.peers_removed"));
    EXPECT_LT(position(world.log, "tables.written"), position(world.log, "port.removed"));
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
}

TEST(Reconciler, lanes_can_grow_and_shrink) {
    World world;
    world.state.peers.at(NodeId(2)).keys = {key(2), key(12)};
    ASSERT_TRUE(world.run().ok());
    world.state.wireguard.lanes = 2;
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();
    const WgDevice *second = world.wireguard.peek("n1-wg1");
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->listen_port, UdpPort(51821));
    ASSERT_EQ(second->peers.size(), 1U) << "gamma has one lane only";
    EXPECT_EQ(second->peers.at(key(12)).config.endpoint, socket_address("192.0.2.2:51821"));

    world.state.wireguard.lanes = 1;
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();
    EXPECT_EQ(world.wireguard.peek("n1-wg1"), nullptr);
    EXPECT_EQ(world.host.peek("n1-wg1"), nullptr);
}

TEST(Reconciler, missing_namespace_is_that_ports_error_until_it_appears) {
    World world;
    auto c1 = std::move(world.namespaces.all.at("c1"));
    world.namespaces.all.clear();
    ASSERT_TRUE(world.run().ok());
    EXPECT_TRUE(world.degraded("port.error"));
    EXPECT_NE(world.agent->ports().status().at("red-c1").error, "");
    EXPECT_TRUE(world.agent->ports().status().at("red-h").up);
    EXPECT_EQ(world.datapath.tables.ports.size(), 1U);

    world.namespaces.all["c1"] = std::move(c1);
    ASSERT_TRUE(world.run().ok());
    world.expect_complete();
    EXPECT_FALSE(world.degraded("port.error"));
}

TEST(Reconciler, port_keeps_working_when_only_the_name_of_its_namespace_goes) {
    World world;
    ASSERT_TRUE(world.run().ok());
    auto c1 = std::move(world.namespaces.all.at("c1"));
    world.namespaces.all.clear();
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
    EXPECT_EQ(world.datapath.tables.ports.size(), 2U);

    world.state.ports.at("red-c1").netns = "c2"; // another container now, which is not there yet
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.datapath.tables.ports.size(), 1U) << "the old container is cut off";
}

TEST(Reconciler, own_namespace_is_refused_for_a_netns_port) {
    World world;
    world.namespaces.own = "c1";
    ASSERT_TRUE(world.run().ok());
    EXPECT_NE(world.agent->ports().status().at("red-c1").error.find("kind = \"host\""),
              std::string::npos);
}

TEST(Reconciler, foreign_interface_of_the_same_name_is_left_alone) {
    World world;
    world.host.add_existing("red0", "dummy");
    ASSERT_TRUE(world.run().ok());
    EXPECT_NE(world.agent->ports().status().at("red-h").error, "");
    EXPECT_EQ(world.host.peek("red0")->kind, "dummy");
}

TEST(Reconciler, addresses_of_others_are_left_alone) {
    World world;
    ASSERT_TRUE(world.run().ok());
    const IfIndex user = world.c1().peek("eth0")->index;
    ASSERT_TRUE(world.c1().add_address(user, prefix("192.0.2.77/24")).ok());
    world.restart(); // remembers over a restart which ones are its own
    world.state.ports.at("red-c1").addresses = {prefix("10.1.0.12/24")};
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(*world.c1().addresses(user),
              (std::vector<IpPrefix>{prefix("10.1.0.12/24"), prefix("192.0.2.77/24")}));
}

TEST(Reconciler, learned_endpoint_is_kept_and_a_changed_one_is_set_over_a_restart) {
    World world;
    ASSERT_TRUE(world.run().ok());
    auto &peer = world.wireguard.peek("n1-wg0")->peers.at(key(2));
    peer.config.endpoint = socket_address("198.51.100.9:4000");
    peer.last_handshake = world.clock.system_now();
    world.restart();
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
    EXPECT_EQ(world.wireguard.peek("n1-wg0")->peers.at(key(2)).config.endpoint,
              socket_address("198.51.100.9:4000"));

    world.restart();
    world.state.peers.at(NodeId(2)).endpoint = socket_address("192.0.2.99:51820");
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.wireguard.peek("n1-wg0")->peers.at(key(2)).config.endpoint,
              socket_address("192.0.2.99:51820"));
}

TEST(Reconciler, refused_offloads_degrade_and_the_port_works) {
    World world;
    const Error refused(ErrorCode::kSystem, "refused");
    world.host.faults.fail_on("set_tso", refused);
    world.c1().faults.fail_on("offload", refused);
    ASSERT_TRUE(world.run().ok());
    EXPECT_TRUE(world.degraded("port.tso"));
    EXPECT_TRUE(world.degraded("port.gro"));
    EXPECT_FALSE(world.degraded("port.error"));
    world.expect_complete();

    world.host.faults.clear();
    world.c1().faults.clear();
    ASSERT_TRUE(world.run().ok());
    EXPECT_FALSE(world.degraded("port.tso"));
    EXPECT_FALSE(world.degraded("port.gro"));
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.changes(), 0U);
}

TEST(Reconciler, uplink_that_vanishes_degrades_and_is_guarded_again) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.vanish("eth0");
    ASSERT_TRUE(world.run().ok());
    EXPECT_TRUE(world.degraded("uplink.missing"));
    EXPECT_EQ(world.host.peek("n1-wg0")->mtu, 1440U) << "the last known MTU holds";

    world.host.add_existing("eth0");
    ASSERT_TRUE(world.run().ok());
    EXPECT_FALSE(world.degraded("uplink.missing"));
    world.expect_complete();
}

TEST(Reconciler, unguardable_uplink_stops_the_pass_before_anything_is_made) {
    World world;
    world.datapath.faults.fail_on("attach_uplink", Error(ErrorCode::kSystem, "no"));
    const Status done = world.run();
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().message().find("guard uplink eth0"), std::string::npos);
    EXPECT_EQ(world.host.peek("n1-wg0"), nullptr);
    EXPECT_EQ(world.host.peek("red0"), nullptr);
}

TEST(Reconciler, uplink_no_longer_wanted_is_released_over_a_restart) {
    World world;
    const IfIndex eth1 = world.host.add_existing("eth1").index;
    world.state.underlay.uplinks = {"eth0", "eth1"};
    ASSERT_TRUE(world.run().ok());
    EXPECT_TRUE(world.datapath.attached_uplinks.contains(eth1));
    world.restart();
    world.state.underlay.uplinks = {"eth0"};
    ASSERT_TRUE(world.run().ok());
    EXPECT_FALSE(world.datapath.attached_uplinks.contains(eth1));
    world.expect_complete();
}

TEST(Reconciler, mtu_follows_the_underlay) {
    World world;
    ASSERT_TRUE(world.run().ok());
    world.host.peek("eth0")->mtu = 9000;
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.host.peek("n1-wg0")->mtu, 8928U);
    EXPECT_EQ(world.c1().peek("eth0")->mtu, 8878U);
    EXPECT_EQ(world.datapath.tables.networks.at(100).mtu, 8878U);

    world.state.peers.at(NodeId(3)).endpoint = socket_address("[2001:db8::3]:51820");
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(world.host.peek("n1-wg0")->mtu, 8912U) << "a peer over IPv6 takes 20 bytes more";
}

TEST(Reconciler, generic_xdp_is_a_degradation_unless_asked_for) {
    World world;
    world.datapath.native_xdp = false;
    ASSERT_TRUE(world.run().ok());
    EXPECT_TRUE(world.degraded("xdp.generic"));
    world.state.underlay.xdp = XdpChoice::kGeneric;
    ASSERT_TRUE(world.run().ok());
    EXPECT_FALSE(world.degraded("xdp.generic"));
}

TEST(Reconciler, a_lasting_degradation_is_logged_once) {
    World world;
    world.namespaces.all.clear();
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(world.run().ok());
    const auto lines = std::ranges::count_if(
        world.log, [](const std::string &line) { return line.starts_with("port.error"); });
    EXPECT_EQ(lines, 1);
}

TEST(Reconciler, sweep_ages_the_learned_entries) {
    World world;
    ASSERT_TRUE(world.run().ok());
    LearnedEntry fresh{};
    fresh.key.vni = 100;
    fresh.entry.target.vtep_be = htonl(0x64400002);
    fresh.entry.seen_ns = world.now_ns();
    LearnedEntry old = fresh;
    old.entry.seen_ns -= 301'000'000'000U;
    world.datapath.learned_entries = {fresh, old};
    world.agent->sweep(world.state);
    EXPECT_EQ(world.datapath.learned_entries.size(), 1U);
}

TEST(Reconciler, nearly_full_fdb_is_a_degradation) {
    World world;
    world.datapath.fdb_capacity = 10; // pinned with another size than overlay.fdb_entries
    ASSERT_TRUE(world.run().ok());
    LearnedEntry entry{};
    entry.key.vni = 100;
    entry.entry.target.vtep_be = htonl(0x64400002);
    entry.entry.seen_ns = ~0ULL;
    world.datapath.learned_entries.assign(8, entry);
    world.agent->sweep(world.state);
    ASSERT_TRUE(world.run().ok()); // 8 learned and 2 ports
    EXPECT_TRUE(world.degraded("fdb.nearly_full"));
}

TEST(Reconciler, remove_all_takes_everything_of_this_instance_and_nothing_else) {
    World world;
    ASSERT_TRUE(world.run().ok());
    Link &other = world.host.add_existing("n2-hand", "dummy");
    other.alias = "coax n2 handover";
    std::vector<std::string> removed;
    ASSERT_TRUE(world.agent->remove_all("n1", removed).ok());
    EXPECT_EQ(removed.size(), 5U) << "two ports, a lane, the hand-over device, the programs";
    EXPECT_EQ(world.host.list()->size(), 2U) << "eth0 and the other instance's device";
    EXPECT_EQ(world.c1().list()->size(), 0U);
    EXPECT_TRUE(world.datapath.removed);
    EXPECT_TRUE(std::filesystem::exists(world.folder.path() / "keys" / "lane0.key"));
    EXPECT_FALSE(std::filesystem::exists(world.folder.path() / "configured.json"));
}

} // namespace
} // namespace coax
