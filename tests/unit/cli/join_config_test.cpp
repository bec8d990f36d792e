// SPDX-License-Identifier: Apache-2.0
#include "cli/join_config.h"

#include <gmock/gmock.h>

#include "cli/default_route.h"
#include "unit/trust/keys.h"

namespace coax::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

cli::JoinedNode sample() {
    cli::JoinedNode node;
    node.node_id = 17;
    node.name = "storage1";
    node.instance = "coax";
    node.uplinks = {"eth0", "eth1"};
    node.network_id = "rack-4";
    node.vtep_pool = "100.64.0.0/10";
    node.controllers = {"192.0.2.1:9787", "192.0.2.2:9787"};
    return node;
}

TEST(JoinConfig, says_only_what_joining_says) {
    EXPECT_EQ(must(cli::compose_config(sample())),
              "# Made by `coax join`. Peers, networks and ports come from the controller; what is\n"
              "# written here as well wins over it.\n"
              "\n[node]\nid = 17\nname = \"storage1\"\n"
              "\n[underlay]\nuplinks = [\"eth0\", \"eth1\"]\n"
              "\n[control]\nnetwork_id = \"rack-4\"\n"
              "controllers = [\"192.0.2.1:9787\", \"192.0.2.2:9787\"]\n");
}

TEST(JoinConfig, has_what_is_not_the_default) {
    cli::JoinedNode node = sample();
    node.instance = "n1";
    node.vtep_pool = "10.64.0.0/16";
    node.identity = "/etc/ssh/ssh_host_ed25519_key";
    EXPECT_THAT(must(cli::compose_config(node)),
                AllOf(HasSubstr("instance = \"n1\"\n"),
                      HasSubstr("[overlay]\nvtep_pool = \"10.64.0.0/16\"\n"),
                      HasSubstr("identity = \"/etc/ssh/ssh_host_ed25519_key\"\n")));
}

TEST(JoinConfig, takes_a_base_whole) {
    cli::JoinedNode node = sample();
    node.base = must(cli::parse_join_base(
        "[underlay]\nuplinks = [\"bond0\"]\n[agent]\nstate_dir = \"/srv/coax\"", "base.toml"));
    EXPECT_TRUE(node.base.has_underlay);
    EXPECT_EQ(node.base.state_dir, "/srv/coax");
    const std::string text = must(cli::compose_config(node));
    EXPECT_THAT(text,
                AllOf(HasSubstr("state_dir = \"/srv/coax\"\n\n[node]"),
                      HasSubstr("[underlay]\nuplinks = [\"bond0\"]"), Not(HasSubstr("eth0"))));
    const auto present = must(cli::parse_present_config(text, "coax.toml"));
    EXPECT_EQ(present.name, "storage1");
    EXPECT_EQ(present.node_id, 17U);
    EXPECT_EQ(present.network_id, "rack-4");
}

TEST(JoinConfig, refuses_a_base_that_says_what_joining_says) {
    for (const char *table : {"[node]\nid = 1", "[control]\n", "[[peer]]\nid = 2", "x = "}) {
        const auto base = cli::parse_join_base(table, "base.toml");
        ASSERT_FALSE(base.ok()) << table;
        EXPECT_THAT(base.error().message(), HasSubstr("base.toml:1"));
    }
}

TEST(JoinConfig, refuses_a_base_with_another_pool) {
    cli::JoinedNode node = sample();
    node.vtep_pool = "10.64.0.0/16";
    node.base = must(cli::parse_join_base("[overlay]\nfdb_entries = 1024\n", "base.toml"));
    const auto text = cli::compose_config(node);
    ASSERT_FALSE(text.ok());
    EXPECT_THAT(text.error().message(), HasSubstr("write vtep_pool = \"10.64.0.0/16\""));
    node.base = must(cli::parse_join_base("[overlay]\nvtep_pool = \"10.64.0.0/16\"\n", "b"));
    EXPECT_TRUE(cli::compose_config(node).ok());
}

constexpr std::string_view kHead =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

TEST(DefaultRoute, is_the_one_with_the_lowest_metric) {
    const std::string routes = std::string(kHead) +
                               "wlan0\t00000000\t0102000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                               "eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                               "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
                               "eth2\t00000000\t0102000A\t0002\t0\t0\t1\t00000000\t0\t0\t0\n";
    EXPECT_EQ(cli::default_route_interface(routes, ""), "eth0");
}

TEST(DefaultRoute, is_of_ipv6_where_there_is_none_of_ipv4) {
    const std::string zero(32, '0');
    const std::string routes = zero + " 00 " + zero + " 00 " + zero +
                               " ffffffff 00000001 00000000 00200200       lo\n" + zero + " 00 " +
                               zero + " 00 fe80" + std::string(27, '0') +
                               "1 00000400 00000001 00000000 00450003     eth5\n";
    EXPECT_EQ(cli::default_route_interface(kHead, routes), "eth5");
    EXPECT_EQ(cli::default_route_interface("garbage", "more garbage\n\n"), "");
}

} // namespace
} // namespace coax::test
