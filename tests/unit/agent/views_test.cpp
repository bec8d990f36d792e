// SPDX-License-Identifier: Apache-2.0
#include "agent/local_api/views.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using std::chrono::seconds;
using test::key;
using test::World;
using testing::HasSubstr;

class ViewsTest : public testing::Test {
  protected:
    ViewsTest() { EXPECT_TRUE(world_.run().ok()); }

    ViewSource source() { return world_.view_source(last_error_); }
    WgPeerStatus &beta() { return world_.wireguard.peek("n1-wg0")->peers.at(key(2)); }

    World world_;
    std::string last_error_;
};

TEST_F(ViewsTest, peer_is_never_then_up_then_stale) {
    EXPECT_EQ(peers_view(source())->peers(0).state(), "never");
    EXPECT_EQ(peers_view(source())->peers(0).handshake_age_seconds(), -1);
    beta().last_handshake = world_.clock.system_now();
    world_.clock.advance(seconds(180));
    EXPECT_EQ(peers_view(source())->peers(0).state(), "up");
    EXPECT_EQ(peers_view(source())->peers(0).handshake_age_seconds(), 180);
    world_.clock.advance(seconds(1));
    EXPECT_EQ(peers_view(source())->peers(0).state(), "stale");
    const auto status = status_view(source());
    EXPECT_EQ(status->peers_stale(), 1U);
    EXPECT_EQ(status->peers_never(), 1U);
}

TEST_F(ViewsTest, peer_shows_wireguard_and_overlay_traffic) {
    beta().rx_bytes = 10;
    beta().tx_bytes = 20;
    coax_node_stats &stats = world_.datapath.nodes[htonl(0x64400002)];
    stats.rx_packets = 3;
    stats.tx_packets = 4;
    stats.last_rx_ns = world_.now_ns() - 5'000'000;
    const api::Peer peer = peers_view(source())->peers(0);
    EXPECT_EQ(peer.name(), "beta");
    EXPECT_EQ(peer.vtep(), "100.64.0.2");
    EXPECT_EQ(peer.endpoint(), "192.0.2.2:51820");
    EXPECT_EQ(peer.rx_bytes(), 10U);
    EXPECT_EQ(peer.tx_bytes(), 20U);
    EXPECT_EQ(peer.overlay_rx_packets(), 3U);
    EXPECT_EQ(peer.overlay_tx_packets(), 4U);
    EXPECT_EQ(peer.last_rx_age_ms(), 5);
    EXPECT_EQ(peers_view(source())->peers(1).last_rx_age_ms(), -1);
}

TEST_F(ViewsTest, ports_show_state_and_traffic) {
    const IfIndex near = world_.agent->ports().status().at("red-c1").near;
    world_.datapath.ports[near.value()] = {1, 2, 3, 4};
    const api::Port port = ports_view(source())->ports(0);
    EXPECT_EQ(port.name(), "red-c1");
    EXPECT_EQ(port.state(), "up");
    EXPECT_EQ(port.kind(), "netns");
    EXPECT_EQ(port.mtu(), 1390U);
    EXPECT_EQ(port.rx_packets(), 1U);
    EXPECT_EQ(port.tx_bytes(), 4U);
    world_.namespaces.all.clear();
    ASSERT_TRUE(world_.run().ok());
    EXPECT_THAT(ports_view(source())->ports(0).state(), HasSubstr("error: "));
}

TEST_F(ViewsTest, fdb_shows_ports_static_and_learned_entries) {
    world_.state.endpoints = {{Vni(100), test::mac("02:00:00:00:02:01"), NodeId(2)}};
    ASSERT_TRUE(world_.run().ok());
    LearnedEntry learned{};
    learned.key.vni = 100;
    learned.key.mac[5] = 9;
    learned.entry.target.kind = COAX_TARGET_NODE;
    learned.entry.target.vtep_be = htonl(0x64400003);
    learned.entry.seen_ns = world_.now_ns() - 7'000'000;
    world_.datapath.learned_entries = {learned};
    const auto fdb = fdb_view(source(), {});
    ASSERT_EQ(fdb->total(), 4U);
    std::map<std::string, api::FdbEntry> by_mac;
    for (const api::FdbEntry &entry : fdb->entries())
        by_mac[entry.mac()] = entry;
    EXPECT_EQ(by_mac["02:00:00:00:01:0b"].type(), "port");
    EXPECT_EQ(by_mac["02:00:00:00:01:0b"].where(), "red-c1");
    EXPECT_EQ(by_mac["02:00:00:00:02:01"].type(), "static");
    EXPECT_EQ(by_mac["02:00:00:00:02:01"].where(), "beta");
    EXPECT_EQ(by_mac["00:00:00:00:00:09"].type(), "learned");
    EXPECT_EQ(by_mac["00:00:00:00:00:09"].where(), "gamma");
    EXPECT_EQ(by_mac["00:00:00:00:00:09"].age_ms(), 7);
    EXPECT_EQ(by_mac["00:00:00:00:00:09"].network(), "red");
}

TEST_F(ViewsTest, fdb_is_cut_at_the_limit_and_says_so) {
    api::FdbRequest request;
    request.set_limit(1);
    const auto fdb = fdb_view(source(), request);
    EXPECT_EQ(fdb->entries_size(), 1);
    EXPECT_TRUE(fdb->truncated());
    EXPECT_EQ(fdb->total(), 2U);
    request.set_vni(7);
    EXPECT_EQ(fdb_view(source(), request)->total(), 0U);
}

TEST_F(ViewsTest, drops_are_largest_first_and_hold_those_of_wireguard) {
    world_.datapath.drop_counts[COAX_HOOK_TC_PORT][COAX_DROP_SPOOFED_MAC] = {5, 500};
    world_.datapath.drop_counts[COAX_HOOK_XDP_UPLINK][COAX_DROP_CLEAR_VXLAN] = {9, 900};
    world_.wireguard.set_rejected("n1-wg0", 7);
    const auto drops = drops_view(source(), false);
    ASSERT_EQ(drops->drops_size(), 3);
    EXPECT_EQ(drops->drops(0).reason(), "clear_vxlan");
    EXPECT_EQ(drops->drops(1).hook(), "wireguard");
    EXPECT_EQ(drops->drops(1).reason(), "wg_source");
    EXPECT_EQ(drops->drops(1).packets(), 7U);
    EXPECT_EQ(drops->drops(2).bytes(), 500U);
    EXPECT_EQ(drops_view(source(), true)->drops_size(),
              COAX_HOOKS_COUNT * (COAX_DROP_REASONS_COUNT - 1));

    const auto status = status_view(source());
    EXPECT_EQ(status->drops_total(), 21U);
    EXPECT_EQ(status->clear_frames(), 9U);
    EXPECT_EQ(status->top_drops_size(), 3);
}

TEST_F(ViewsTest, status_says_what_runs) {
    const auto status = status_view(source());
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(status->instance(), "n1");
    EXPECT_EQ(status->node_name(), "alpha");
    EXPECT_EQ(status->vtep(), "100.64.0.1");
    EXPECT_EQ(status->backend(), "kernel");
    EXPECT_EQ(status->uptime_seconds(), 90U);
    EXPECT_EQ(status->config_path(), "/etc/x.toml");
    ASSERT_EQ(status->uplinks_size(), 1);
    EXPECT_EQ(status->uplinks(0).xdp_mode(), "native");
    EXPECT_TRUE(status->uplinks(0).up());
    ASSERT_EQ(status->lanes_size(), 1);
    EXPECT_EQ(status->lanes(0).listen_port(), 51820U);
    EXPECT_EQ(status->lanes(0).public_key(),
              world_.keys->public_key(KeySet::kFirst, 0).to_string());
    EXPECT_TRUE(status->lanes(0).threaded_napi());
    EXPECT_EQ(status->lanes(0).mtu(), 1440U);
    ASSERT_EQ(status->networks_size(), 1);
    EXPECT_EQ(status->networks(0).members(), 3U);
    EXPECT_EQ(status->networks(0).ports(), 2U);
    EXPECT_EQ(status->fdb_entries(), 2U);
    EXPECT_EQ(status->fdb_capacity(), 1000U);
    EXPECT_EQ(status->counters_size(), COAX_COUNTERS_COUNT);
    EXPECT_EQ(status->degraded_size(), 0);
    EXPECT_EQ(status->last_error(), "");
}

TEST_F(ViewsTest, failed_reload_is_shown_as_error_and_degradation) {
    last_error_ = "reload: /etc/x.toml:3: bad";
    const auto status = status_view(source());
    EXPECT_EQ(status->last_error(), last_error_);
    ASSERT_EQ(status->degraded_size(), 1);
    EXPECT_EQ(status->degraded(0).what(), "reload.failed");
}

TEST_F(ViewsTest, keys_hold_a_stanza_for_the_other_side) {
    ASSERT_TRUE(
        world_.host.add_address(world_.host.peek("eth0")->index, test::prefix("192.0.2.1/24"))
            .ok());
    const auto keys = keys_view(source());
    ASSERT_EQ(keys->keys_size(), 1);
    EXPECT_EQ(keys->peer_stanza(),
              "[[peer]]\nid = 1\nname = \"alpha\"\nendpoint = \"192.0.2.1:51820\"\nkeys = [\"" +
                  keys->keys(0).public_key() + "\"]\n");
}

} // namespace
} // namespace coax
