// SPDX-License-Identifier: Apache-2.0
#include "controller/config/config.h"

#include <string>

#include <gtest/gtest.h>

#include "harness/scratch_folder.h"
#include "lib/base/file.h"

namespace coax {
namespace {

constexpr std::size_t kLimit = 65536;

struct BadConfig {
    const char *name;
    const char *text;
    const char *error;
};

std::string name_of(const testing::TestParamInfo<BadConfig> &info) {
    return info.param.name;
}

TEST(ControllerConfigTest, needs_only_a_network_id) {
    const auto config =
        parse_controller_config("[controller]\nnetwork_id = \"storage\"\n", "c.toml");
    ASSERT_TRUE(config.ok()) << config.error().message();
    EXPECT_EQ(config->network_id, "storage");
    EXPECT_EQ(config->vtep_pool.to_string(), "100.64.0.0/10");
    ASSERT_EQ(config->listen.size(), 1U);
    EXPECT_EQ(config->listen.front().to_string(), "0.0.0.0:9787");
    EXPECT_EQ(config->store.kind, StoreKind::kSqlite);
    EXPECT_EQ(config->lease, std::chrono::seconds(30));
    EXPECT_TRUE(config->require_token);
    EXPECT_TRUE(config->auto_admit.empty());
}

TEST(ControllerConfigTest, reads_an_etcd_cluster) {
    const auto config = parse_controller_config(R"([controller]
network_id = "storage"
listen = ["192.0.2.1:9787", "[2001:db8::1]:9787"]
advertise = ["one.example:9787", "[2001:db8::1]:9787"]
[store]
kind = "etcd"
endpoints = ["https://192.0.2.7:2379", "https://[2001:db8::7]:2379"]
username = "coax"
password_file = "/etc/coax/etcd-password"
)",
                                                "c.toml");
    ASSERT_TRUE(config.ok()) << config.error().message();
    EXPECT_EQ(config->store.kind, StoreKind::kEtcd);
    EXPECT_EQ(config->store.endpoints.size(), 2U);
    EXPECT_EQ(config->advertise.size(), 2U);
    EXPECT_EQ(config->store.prefix, "/coax/");
}

class BadControllerConfig : public testing::TestWithParam<BadConfig> {};

TEST_P(BadControllerConfig, says_where_what_and_how) {
    const auto config = parse_controller_config(GetParam().text, "c.toml");
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(config.error().message(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadControllerConfig,
    testing::Values(
        BadConfig{"nothing", "",
                  "c.toml:1: controller.network_id: expected 1..64 of a-z 0-9 - ., found nothing; "
                  "add for example network_id = \"storage\""},
        BadConfig{"bad_network_id", "[controller]\nnetwork_id = \"Storage\"\n",
                  "c.toml:2: controller.network_id: expected 1..64 of a-z 0-9 - ., found "
                  "\"Storage\"; write for example network_id = \"storage\""},
        BadConfig{"unknown_table", "[control]\n",
                  "c.toml:1: \"control\": expected a known table, found an unknown one; did you "
                  "mean controller?"},
        BadConfig{
            "unknown_key", "[controller]\nnetwork_id = \"a\"\n[store]\nkid = \"etcd\"\n",
            "c.toml:4: store.\"kid\": expected an option of [store], found an unknown key; did "
            "you mean kind?"},
        BadConfig{"table_as_value", "store = 1\n",
                  "c.toml:1: store: expected one table, found 1; write [store] once"},
        BadConfig{
            "advertise_without_port", "[controller]\nnetwork_id = \"a\"\nadvertise = [\"host\"]\n",
            "c.toml:3: controller.advertise: expected HOST:PORT, an IPv6 address in brackets, "
            "found \"host\"; write for example advertise = []"},
        BadConfig{"listen_nowhere", "[controller]\nnetwork_id = \"a\"\nlisten = []\n",
                  "c.toml:3: controller.listen: expected a list of 1..8 elements, each an address "
                  "with port such as 127.0.0.1:9786, or \"\" for none, found 0"},
        BadConfig{"alive_too_slow", "[controller]\nnetwork_id = \"a\"\nalive_seconds = 20\n",
                  "c.toml:3: controller.alive_seconds: expected at most a third of lease_seconds "
                  "(30), found 20: one lost message must not end a lease"},
        BadConfig{
            "pool_with_host_bits", "[controller]\nnetwork_id = \"a\"\nvtep_pool = \"10.0.0.1/8\"\n",
            "c.toml:3: controller.vtep_pool: expected an IPv4 network without host bits, found "
            "10.0.0.1/8"},
        BadConfig{
            "etcd_without_members", "[controller]\nnetwork_id = \"a\"\n[store]\nkind = \"etcd\"\n",
            "c.toml:3: store.endpoints: expected the members of the etcd cluster, found none; "
            "store.kind is \"etcd\""},
        BadConfig{
            "half_a_client_certificate",
            "[controller]\nnetwork_id = \"a\"\n[store]\ncertificate_file = \"/a\"\n",
            "c.toml:3: store.key_file: expected certificate_file and key_file together, found "
            "one of them"}),
    name_of);

TEST(ControllerConfigTest, a_missing_file_says_what_makes_it) {
    const test::ScratchFolder folder;
    const auto config = load_controller_config(folder.path());
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.error().code(), ErrorCode::kNotFound);
    EXPECT_NE(config.error().message().find("coax-controller init"), std::string::npos);
}

TEST(ControllerConfigTest, reference_is_up_to_date) {
    const auto page = read_file(COAX_CONTROLLER_REFERENCE, kLimit);
    ASSERT_TRUE(page.ok()) << page.error().message();
    EXPECT_EQ(*page, controller_config_reference()) << "run: ninja controller_reference";
}

TEST(ControllerConfigTest, knows_hosts_with_ports) {
    for (const char *good : {"a:1", "192.0.2.1:9787", "[2001:db8::1]:9787", "x.example:65535"})
        EXPECT_TRUE(is_host_and_port(good)) << good;
    for (const char *bad :
         {"", "a", ":1", "a:", "a:0", "a:65536", "a:1x", "2001:db8::1:1", "a b:1"})
        EXPECT_FALSE(is_host_and_port(bad)) << bad;
}

} // namespace
} // namespace coax
