// SPDX-License-Identifier: Apache-2.0
#include "lib/config/config.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/config/default_mac.h"
#include "unit/config/good_config.h"

namespace coax {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

DesiredStatePtr parsed(const std::string &text) {
    auto result = parse_config(text, "coax.toml");
    EXPECT_TRUE(result.ok()) << result.error().message();
    return result.ok() ? *result : std::make_shared<DesiredState>();
}

template <typename T>
T value_of(const char *text) {
    return *T::parse(text);
}

constexpr const char *kSmallest = "node.id = 7\nnode.name = \"a\"\nunderlay.uplinks = [\"eth0\"]\n";

TEST(Config, reads_this_node_and_its_underlay) {
    const auto state = parsed(good_config());
    EXPECT_EQ(state->node.id, NodeId(1));
    EXPECT_EQ(state->node.name, "alpha");
    EXPECT_THAT(state->underlay.uplinks, ElementsAre("eth0"));
    EXPECT_EQ(state->vtep_of(NodeId(258)).to_string(), "100.64.1.2");
}

TEST(Config, reads_peers) {
    const auto state = parsed(good_config());
    ASSERT_EQ(state->peers.size(), 2U);
    const Peer &beta = state->peers.at(NodeId(2));
    EXPECT_EQ(beta.name, "beta");
    EXPECT_EQ(beta.endpoint, value_of<SocketAddress>("192.0.2.2:51820"));
    EXPECT_EQ(beta.keys.size(), 1U);
    EXPECT_EQ(beta.keepalive, 0s);
    EXPECT_EQ(state->peers.at(NodeId(3)).endpoint, value_of<SocketAddress>("[2001:db8::3]:51820"));
}

TEST(Config, reads_networks_and_resolves_members) {
    const auto state = parsed(good_config());
    ASSERT_EQ(state->networks.size(), 2U);
    const Network &red = state->networks.at(Vni(100));
    EXPECT_EQ(red.name, "red");
    EXPECT_THAT(red.members, ElementsAre(NodeId(1), NodeId(2)));
    EXPECT_THAT(red.subnets, ElementsAre(value_of<IpPrefix>("10.1.0.0/24"),
                                         value_of<IpPrefix>("2001:db8:1::/64")));
    EXPECT_TRUE(red.flood);
    EXPECT_FALSE(red.mtu);
}

TEST(Config, all_nodes_are_members_of_a_network_that_names_none) {
    const auto state = parsed(good_config());
    EXPECT_THAT(state->networks.at(Vni(200)).members, ElementsAre(NodeId(1), NodeId(2), NodeId(3)));
}

TEST(Config, reads_ports) {
    const auto state = parsed(good_config());
    ASSERT_EQ(state->ports.size(), 2U);
    const Port &red = state->ports.at("red-c1");
    EXPECT_EQ(red.vni, Vni(100));
    EXPECT_EQ(red.kind, PortKind::kNetns);
    EXPECT_EQ(red.netns, "c1");
    EXPECT_EQ(red.ifname, "eth0");
    EXPECT_EQ(red.mac, value_of<MacAddress>("02:00:5e:00:53:01"));
    EXPECT_EQ(red.addresses.size(), 2U);
    EXPECT_TRUE(red.guard_ips);
    const Port &blue = state->ports.at("blue-host");
    EXPECT_EQ(blue.kind, PortKind::kHost);
    EXPECT_FALSE(blue.guard_ips);
    EXPECT_THAT(blue.more_ips, ElementsAre(value_of<IpAddress>("10.2.0.9")));
}

TEST(Config, reads_static_endpoints) {
    const auto state = parsed(good_config());
    const Endpoint expected{Vni(100), value_of<MacAddress>("02:00:5e:00:53:03"), NodeId(2)};
    EXPECT_THAT(state->endpoints, ElementsAre(expected));
}

TEST(Config, defaults_of_the_table_are_those_of_the_desired_state) {
    const auto state = parsed(kSmallest);
    const DesiredState defaults;
    EXPECT_EQ(state->node.instance, defaults.node.instance);
    EXPECT_EQ(state->underlay.listen_port, defaults.underlay.listen_port);
    EXPECT_EQ(state->underlay.mtu, defaults.underlay.mtu);
    EXPECT_EQ(state->underlay.xdp, defaults.underlay.xdp);
    EXPECT_EQ(state->underlay.drop_all_vxlan, defaults.underlay.drop_all_vxlan);
    EXPECT_EQ(state->underlay.guard_subnets, defaults.underlay.guard_subnets);
    EXPECT_EQ(state->wireguard.backend, defaults.wireguard.backend);
    EXPECT_EQ(state->wireguard.lanes, defaults.wireguard.lanes);
    EXPECT_EQ(state->overlay.vxlan_port, defaults.overlay.vxlan_port);
    EXPECT_EQ(state->overlay.fdb_entries, defaults.overlay.fdb_entries);
    EXPECT_EQ(state->overlay.fdb_age, defaults.overlay.fdb_age);
    EXPECT_EQ(state->agent.reconcile_period, defaults.agent.reconcile_period);
    EXPECT_EQ(state->agent.log_level, defaults.agent.log_level);
    EXPECT_EQ(state->liveness.probe_after, defaults.liveness.probe_after);
    EXPECT_EQ(state->liveness.probes, defaults.liveness.probes);
    EXPECT_EQ(state->liveness.probes_per_second, defaults.liveness.probes_per_second);
    EXPECT_EQ(state->overlay.vtep_pool, value_of<IpPrefix>("100.64.0.0/10"));
}

TEST(Config, defaults_of_a_network_are_those_of_the_desired_state) {
    const auto state = parsed(std::string(kSmallest) + "[[network]]\nname = \"n\"\nvni = 5\n");
    Network expected;
    expected.name = "n";
    expected.vni = Vni(5);
    expected.members = {NodeId(7)};
    expected.all_nodes = true;
    EXPECT_EQ(state->networks.at(Vni(5)), expected);
}

TEST(Config, files_of_the_controller_are_below_the_state_directory) {
    const auto alone = parsed(kSmallest);
    EXPECT_FALSE(alone->control.follows());
    const auto state =
        parsed(std::string(kSmallest) + "agent.state_dir = \"/tmp/s\"\n"
                                        "control.controllers = [\"ctl.example:7443\"]\n"
                                        "control.network_id = \"storage\"\n");
    EXPECT_TRUE(state->control.follows());
    EXPECT_EQ(state->control.tls_certificate, "/tmp/s/control/controller.pem");
    EXPECT_EQ(state->control.identity, "/tmp/s/control/identity");
    EXPECT_EQ(state->control.certificate, "/tmp/s/control/identity-cert.pub");
    EXPECT_EQ(state->control.trust_anchors, "/tmp/s/control/trust_anchors");
}

TEST(Config, directories_follow_the_instance) {
    const auto state = parsed(std::string(kSmallest) + "node.instance = \"n7\"\n");
    EXPECT_EQ(state->agent.state_dir, "/var/lib/coax/n7");
    EXPECT_EQ(state->agent.run_dir, "/run/coax/n7");
}

TEST(Config, reads_every_option_that_is_not_the_default) {
    const auto state = parsed(R"(
        [node]
        id = 7
        name = "a"
        [underlay]
        uplinks = ["eth0"]
        listen_port = 40000
        mtu = 9000
        xdp = "generic"
        drop_all_vxlan = false
        guard_subnets = false
        [wireguard]
        backend = "userspace"
        lanes = 4
        [overlay]
        vtep_pool = "10.64.0.0/16"
        vxlan_port = 8472
        fdb_entries = 4096
        member_entries = 2048
        guard_entries = 1024
        fdb_age_s = 60
        [agent]
        state_dir = "/tmp/s"
        run_dir = "/tmp/r"
        reconcile_period_ms = 250
        log_level = "debug"
        [liveness]
        probe_after_ms = 1500
        probes = 3
        probes_per_second = 50
        [[network]]
        name = "n"
        vni = 16777215
        flood = "none"
        flood_pps = 10
        learn = false
        learn_limit = 20
        mtu = 8000)");
    EXPECT_EQ(state->underlay.listen_port, UdpPort(40000));
    EXPECT_EQ(state->underlay.mtu, 9000U);
    EXPECT_EQ(state->underlay.xdp, XdpChoice::kGeneric);
    EXPECT_FALSE(state->underlay.drop_all_vxlan);
    EXPECT_FALSE(state->underlay.guard_subnets);
    EXPECT_EQ(state->wireguard.backend, BackendChoice::kUserspace);
    EXPECT_EQ(state->wireguard.lanes, 4U);
    EXPECT_EQ(state->overlay.vtep_pool, value_of<IpPrefix>("10.64.0.0/16"));
    EXPECT_EQ(state->overlay.vxlan_port, UdpPort(8472));
    EXPECT_EQ(state->overlay.fdb_entries, 4096U);
    EXPECT_EQ(state->overlay.member_entries, 2048U);
    EXPECT_EQ(state->overlay.guard_entries, 1024U);
    EXPECT_EQ(state->overlay.fdb_age, 60s);
    EXPECT_EQ(state->agent.state_dir, "/tmp/s");
    EXPECT_EQ(state->agent.run_dir, "/tmp/r");
    EXPECT_EQ(state->agent.reconcile_period, 250ms);
    EXPECT_EQ(state->agent.log_level, "debug");
    EXPECT_EQ(state->liveness.probe_after, 1500ms);
    EXPECT_EQ(state->liveness.probes, 3U);
    EXPECT_EQ(state->liveness.probes_per_second, 50U);
    Network expected{Vni(16777215), "n", {}, false, 10, false, 20, 8000, {NodeId(7)}, true};
    EXPECT_EQ(state->networks.at(Vni(16777215)), expected);
}

TEST(Config, networks_may_reuse_the_subnets_of_others) {
    std::string text = good_config();
    const auto place = text.find("10.2.0.0/24");
    text.replace(place, 11, "10.1.0.0/24");
    text = text.substr(0, text.find("[[port]]\nname = \"blue-host\""));
    EXPECT_EQ(parsed(text)->networks.size(), 2U);
}

TEST(Config, networks_may_reuse_mac_addresses_of_others) {
    std::string text = good_config();
    text.replace(text.find("02:00:5e:00:53:02"), 17, "02:00:5e:00:53:01");
    EXPECT_EQ(parsed(text)->ports.size(), 2U);
}

TEST(Config, port_without_mac_gets_a_stable_local_one) {
    const std::string network = "[[network]]\nname = \"n\"\nvni = 5\n";
    const std::string port = "[[port]]\nname = \"p\"\nnetwork = \"n\"\nifname = \"n0\"\n";
    const MacAddress mac = parsed(kSmallest + network + port)->ports.at("p").mac;
    EXPECT_EQ(mac, default_port_mac("coax", NodeId(7), "p"));
    EXPECT_EQ(mac.bytes[0] & 3U, 2U) << "locally administered, unicast";
}

TEST(DefaultMac, stays_the_same_for_ever) {
    // A new value would give running containers another MAC at an upgrade.
    EXPECT_EQ(default_port_mac("coax", NodeId(1), "red-c1").to_string(), "2e:4b:99:6a:d7:ce");
}

TEST(DefaultMac, differs_by_instance_node_and_port) {
    const std::set<MacAddress> macs{
        default_port_mac("coax", NodeId(1), "p"),  default_port_mac("coab", NodeId(1), "p"),
        default_port_mac("coax", NodeId(2), "p"),  default_port_mac("coax", NodeId(1), "q"),
        default_port_mac("coax1", NodeId(1), "p"), default_port_mac("coax", NodeId(11), "p")};
    EXPECT_EQ(macs.size(), 6U);
}

class LoadTest : public testing::Test {
  protected:
    LoadTest() {
        std::string name =
            (std::filesystem::temp_directory_path() / "coax-config-test-XXXXXX").string();
        directory_ = mkdtemp(name.data());
    }
    ~LoadTest() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path directory_;
};

TEST_F(LoadTest, reads_a_file) {
    ASSERT_TRUE(write_file_atomically(directory_ / "coax.toml", good_config(), 0600).ok());
    EXPECT_TRUE(load_config(directory_ / "coax.toml").ok());
}

TEST_F(LoadTest, error_names_the_file) {
    ASSERT_TRUE(write_file_atomically(directory_ / "coax.toml", "[nod]\n", 0600).ok());
    EXPECT_THAT(load_config(directory_ / "coax.toml").error().message(),
                HasSubstr((directory_ / "coax.toml").string() + ":1: "));
    EXPECT_EQ(load_config(directory_ / "none").error().code(), ErrorCode::kNotFound);
}

} // namespace
} // namespace coax
