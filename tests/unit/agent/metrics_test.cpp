// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/collector.h"

#include <iostream>
#include <sstream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using std::chrono::seconds;
using test::key;
using test::World;

using Series = std::map<std::string, std::string>; // "name{label=\"x\"}" -> value

Series parse(const std::string &text) {
    Series series;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t blank = line.rfind(' ');
        if (line.starts_with('#'))
            continue;
        EXPECT_TRUE(series.emplace(line.substr(0, blank), line.substr(blank + 1)).second) << line;
    }
    return series;
}

std::size_t count(const Series &series, const std::string &start) {
    return static_cast<std::size_t>(std::ranges::count_if(
        series, [&](const auto &one) { return one.first.starts_with(start); }));
}

class MetricsTest : public testing::Test {
  protected:
    MetricsTest() { EXPECT_TRUE(world_.run().ok()); }

    ViewSource source() { return world_.view_source(last_error_); }
    Series scrape() { return parse(collector_.collect(source(), counts_).text()); }
    WgPeerStatus &peer(std::uint8_t id) { return world_.wireguard.at("n1-wg0").peers.at(key(id)); }
    /// Peers 2 .. 1 + `many` with a handshake and traffic.
    void mesh_of(std::uint32_t many) {
        const Peer sample = world_.state.peers.begin()->second;
        WgDevice &lane = world_.wireguard.at("n1-wg0");
        lane.peers.clear();
        world_.state.peers.clear();
        world_.datapath.nodes.clear();
        for (std::uint32_t id = 2; id < many + 2; ++id) {
            Peer peer = sample;
            peer.id = NodeId(id);
            peer.name = "rack-12-node-" + std::to_string(id);
            std::memcpy(peer.keys[0].bytes.data(), &id, sizeof(id));
            lane.peers[peer.keys[0]].last_handshake = world_.clock.system_now();
            world_.datapath.nodes[world_.state.vtep_of(peer.id).v4_be()] = {1, 2, 3, 4, 5};
            world_.state.peers.emplace(peer.id, peer);
        }
    }

    World world_;
    Collector collector_;
    ScrapeCounts counts_;
    std::string last_error_;
};

TEST_F(MetricsTest, peer_is_never_then_up_then_stale) {
    Series series = scrape();
    EXPECT_EQ(series["coax_peer_up{peer=\"beta\"}"], "0");
    EXPECT_FALSE(series.contains("coax_peer_handshake_age_seconds{peer=\"beta\"}"));
    EXPECT_FALSE(series.contains("coax_mesh_handshake_age_max_seconds"));
    EXPECT_EQ(series["coax_mesh_peers{state=\"never\"}"], "2");
    peer(2).last_handshake = world_.clock.system_now();
    world_.clock.advance(seconds(180));
    series = scrape();
    EXPECT_EQ(series["coax_peer_up{peer=\"beta\"}"], "1");
    EXPECT_EQ(series["coax_peer_handshake_age_seconds{peer=\"beta\"}"], "180");
    EXPECT_EQ(series["coax_mesh_handshake_age_max_seconds"], "180");
    world_.clock.advance(seconds(1));
    series = scrape();
    EXPECT_EQ(series["coax_peer_up{peer=\"beta\"}"], "0");
    EXPECT_EQ(series["coax_mesh_peers{state=\"stale\"}"], "1");
    EXPECT_EQ(series["coax_mesh_peers{state=\"up\"}"], "0");
}

TEST_F(MetricsTest, peer_has_traffic_of_wireguard_and_of_the_overlay) {
    peer(2).rx_bytes = 10;
    peer(2).tx_bytes = 20;
    world_.datapath.nodes[htonl(0x64400002)] = {1, 2, 3, 4, world_.now_ns() - 7'000'000'000};
    Series series = scrape();
    EXPECT_EQ(series["coax_peer_receive_bytes_total{peer=\"beta\"}"], "10");
    EXPECT_EQ(series["coax_peer_transmit_bytes_total{peer=\"beta\"}"], "20");
    EXPECT_EQ(series["coax_peer_overlay_receive_packets_total{peer=\"beta\"}"], "1");
    EXPECT_EQ(series["coax_peer_overlay_receive_bytes_total{peer=\"beta\"}"], "2");
    EXPECT_EQ(series["coax_peer_overlay_transmit_packets_total{peer=\"beta\"}"], "3");
    EXPECT_EQ(series["coax_peer_overlay_transmit_bytes_total{peer=\"beta\"}"], "4");
    EXPECT_EQ(series["coax_peer_receive_age_seconds{peer=\"beta\"}"], "7");
    EXPECT_FALSE(series.contains("coax_peer_receive_age_seconds{peer=\"gamma\"}"));
}

TEST_F(MetricsTest, lane_counts_on_when_a_peer_goes) {
    peer(3).rx_bytes = 500;
    EXPECT_EQ(scrape()["coax_lane_receive_bytes_total{lane=\"0\"}"], "0");
    peer(2).rx_bytes = 10;
    EXPECT_EQ(scrape()["coax_lane_receive_bytes_total{lane=\"0\"}"], "10");
    world_.wireguard.at("n1-wg0").peers.erase(key(3));
    Series series = scrape();
    EXPECT_EQ(series["coax_lane_receive_bytes_total{lane=\"0\"}"], "10");
    EXPECT_EQ(series["coax_lane_peers{lane=\"0\"}"], "1");
    EXPECT_EQ(series["coax_lane_up{lane=\"0\"}"], "1");
}

TEST_F(MetricsTest, ports_networks_and_uplinks_are_as_status_shows_them) {
    const IfIndex near = world_.agent->ports().status().at("red-c1").near;
    world_.datapath.ports[near.value()] = {1, 2, 3, 4};
    Series series = scrape();
    EXPECT_EQ(series["coax_port_up{port=\"red-c1\",network=\"red\"}"], "1");
    EXPECT_EQ(series["coax_port_receive_packets_total{port=\"red-c1\",network=\"red\"}"], "1");
    EXPECT_EQ(series["coax_port_transmit_bytes_total{port=\"red-c1\",network=\"red\"}"], "4");
    EXPECT_EQ(series["coax_network_info{network=\"red\",vni=\"100\"}"], "1");
    EXPECT_EQ(series["coax_network_members{network=\"red\"}"], "3");
    EXPECT_EQ(series["coax_network_ports{network=\"red\"}"], "2");
    EXPECT_EQ(series["coax_network_mtu_bytes{network=\"red\"}"], "1390");
    EXPECT_EQ(series["coax_uplink_guarded{uplink=\"eth0\"}"], "1");
    EXPECT_EQ(series["coax_uplink_xdp_mode{uplink=\"eth0\",mode=\"native\"}"], "1");
    EXPECT_EQ(series["coax_uplink_xdp_mode{uplink=\"eth0\",mode=\"generic\"}"], "0");
    world_.namespaces.all.clear();
    ASSERT_TRUE(world_.run().ok());
    series = scrape();
    EXPECT_EQ(series["coax_port_up{port=\"red-c1\",network=\"red\"}"], "0");
    EXPECT_NE(series["coax_agent_degradations"], "0");
}

TEST_F(MetricsTest, fdb_is_full_by_what_was_written_and_what_was_learned) {
    LearnedEntry learned{};
    learned.key.vni = 100;
    world_.datapath.learned_entries = {learned, learned};
    Series series = scrape();
    EXPECT_EQ(series["coax_network_learned_entries{network=\"red\"}"], "2");
    EXPECT_EQ(series["coax_map_entries{map=\"coax_fdb\"}"], "4"); // and two ports
    EXPECT_EQ(series["coax_map_capacity_entries{map=\"coax_fdb\"}"], "1000");
    EXPECT_EQ(series["coax_map_entries{map=\"coax_ports\"}"], "2");
}

TEST_F(MetricsTest, every_drop_has_a_series_before_it_happens_and_clear_text_is_summed) {
    Series series = scrape();
    EXPECT_EQ(count(series, "coax_datapath_drop_packets_total{hook=\"tc_port\""),
              std::size_t{COAX_DROP_REASONS_COUNT - 1});
    EXPECT_EQ(count(series, "coax_datapath_drop_packets_total{hook=\"wireguard\""), 1U);
    EXPECT_EQ(series["coax_uplink_clear_packets_total{direction=\"in\"}"], "0");
    world_.datapath.drop_counts[COAX_HOOK_XDP_UPLINK][COAX_DROP_CLEAR_VXLAN] = {9, 900};
    world_.datapath.drop_counts[COAX_HOOK_TC_UPLINK][COAX_DROP_CLEAR_OVERLAY] = {5, 500};
    world_.datapath.drop_counts[COAX_HOOK_TC_UPLINK][COAX_DROP_CLEAR_VXLAN] = {1, 100};
    world_.wireguard.set_rejected("n1-wg0", 7);
    series = scrape();
    EXPECT_EQ(series["coax_datapath_drop_bytes_total{hook=\"xdp_uplink\",reason=\"clear_vxlan\"}"],
              "900");
    EXPECT_EQ(series["coax_datapath_drop_packets_total{hook=\"wireguard\",reason=\"wg_source\"}"],
              "7");
    EXPECT_EQ(series["coax_uplink_clear_packets_total{direction=\"in\"}"], "9");
    EXPECT_EQ(series["coax_uplink_clear_packets_total{direction=\"out\"}"], "6");
}

TEST_F(MetricsTest, agent_says_what_runs_and_what_failed) {
    last_error_ = "reload: coax.toml:3: no";
    counts_ = {3, 2, 1};
    world_.datapath.counter_values[COAX_COUNTER_DECAP] = {11, 1100};
    Series series = scrape();
    EXPECT_EQ(series["coax_agent_reload_failed"], "1");
    EXPECT_EQ(series["coax_agent_reconcile_failed"], "0");
    EXPECT_EQ(series["coax_agent_scrapes_total{result=\"refused\"}"], "2");
    EXPECT_EQ(series["coax_datapath_event_packets_total{event=\"decap\"}"], "11");
    EXPECT_EQ(count(series, "coax_agent_node_info{node=\"alpha\",coax_instance=\"n1\","), 1U);
    EXPECT_EQ(count(series, "coax_agent_build_info{version=\""), 1U);
    EXPECT_EQ(count(series, "process_"), 4U);
}

TEST_F(MetricsTest, every_metric_of_the_list_has_a_series) {
    peer(2).last_handshake = world_.clock.system_now();
    world_.datapath.nodes[htonl(0x64400002)].last_rx_ns = 1;
    world_.liveness.set_peers({NodeId(2)});
    world_.liveness.update({{NodeId(2), {.last_rx_ns = 1, .answered = 1, .rtt_ns = 1000}}});
    const Series series = scrape();
    for (const MetricSpec &spec : metric_specs()) {
        // What a controller is needed for is scraped from agents that have one: level dashboards.
        if (spec.name.starts_with("coax_control_"))
            continue;
        EXPECT_NE(count(series, std::string(spec.name)), 0U) << spec.name;
    }
}

struct Failing {
    const char *call;
    const char *source;
    const char *missing;
};
class MetricsFault : public MetricsTest, public testing::WithParamInterface<Failing> {};

TEST_P(MetricsFault, leaves_out_what_cannot_be_read_and_says_so) {
    const std::size_t before = scrape().size();
    ASSERT_NE(count(scrape(), GetParam().missing), 0U);
    world_.datapath.faults.fail_on(GetParam().call, Error(ErrorCode::kSystem, "no"));
    world_.wireguard.faults.fail_on(GetParam().call, Error(ErrorCode::kSystem, "no"));
    const Series series = scrape();
    EXPECT_EQ(
        series.at("coax_agent_collect_failed{source=\"" + std::string(GetParam().source) + "\"}"),
        "1");
    EXPECT_EQ(count(series, GetParam().missing), 0U);
    EXPECT_GT(series.size(), before / 4);
}

INSTANTIATE_TEST_SUITE_P(Sources, MetricsFault,
                         testing::Values(Failing{"read n1-wg0", "lanes", "coax_peer_up"},
                                         Failing{"node_stats", "overlay_traffic",
                                                 "coax_peer_overlay"},
                                         Failing{"port_stats", "ports", "coax_port_"},
                                         Failing{"learned_counts", "tables", "coax_map_"},
                                         Failing{"drops", "drops", "coax_datapath_drop_bytes"},
                                         Failing{"rejected_sources n1-wg0", "rejected_sources",
                                                 "coax_datapath_drop_packets_total{hook=\"wireg"},
                                         Failing{"counters", "events", "coax_datapath_event"}),
                         [](const auto &row) { return std::string(row.param.source); });

TEST_F(MetricsTest, series_grow_with_the_peers_and_not_at_all_in_sums) {
    mesh_of(10);
    const std::size_t ten = scrape().size();
    mesh_of(20);
    const std::size_t twenty = scrape().size();
    mesh_of(40);
    EXPECT_EQ(scrape().size() - twenty, 2 * (twenty - ten));
    EXPECT_EQ((twenty - ten) / 10, 9U);
    world_.state.metrics.per_peer = false;
    const Series sums = scrape();
    EXPECT_EQ(count(sums, "coax_peer_"), 0U);
    EXPECT_EQ(sums.at("coax_mesh_peers{state=\"up\"}"), "40");
    mesh_of(80);
    EXPECT_EQ(scrape().size(), sums.size());
}

// Measured: a few milliseconds. The bound only catches a scrape whose cost grows with the square.
TEST_F(MetricsTest, scrape_of_1000_peers_is_quick) {
    mesh_of(1000);
    scrape();
    const auto started = std::chrono::steady_clock::now();
    const std::string text = collector_.collect(source(), counts_).text();
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - started;
    std::cout << "1000 peers: " << took.count() << " ms, " << text.size() << " bytes\n";
    RecordProperty("milliseconds", static_cast<int>(took.count()));
    EXPECT_LT(took, seconds(2));
}

} // namespace
} // namespace coax
