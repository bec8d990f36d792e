// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <gmock/gmock.h>

#include "harness/fake_datapath.h"
#include "unit/bpf/sample_tables.h"

namespace coax {
namespace {

using test::FakeDatapath;
using test::sample_tables;
using test::vtep_be;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Diff, of_equal_tables_is_empty) {
    EXPECT_EQ(diff(sample_tables(), sample_tables()).size(), 0U);
    EXPECT_EQ(diff({}, {}).size(), 0U);
}

TEST(Diff, adds_everything_to_nothing) {
    const auto delta = diff({}, sample_tables());
    EXPECT_TRUE(delta.settings.has_value());
    // One of each, and one more MAC in the FDB.
    EXPECT_TRUE(delta.second.has_value());
    EXPECT_EQ(delta.size(), 13U);
    EXPECT_TRUE(delta.ports.remove.empty());
}

TEST(Diff, removes_what_is_no_longer_wanted) {
    auto desired = sample_tables();
    desired.nodes.clear();
    desired.members.clear();
    const auto delta = diff(sample_tables(), desired);
    EXPECT_THAT(delta.nodes.remove, ElementsAre(vtep_be(2)));
    EXPECT_EQ(delta.members.remove.size(), 1U);
    EXPECT_EQ(delta.size(), 2U);
}

TEST(Diff, a_changed_value_is_one_write_and_no_removal) {
    auto desired = sample_tables();
    desired.networks[100].mtu = 8878;
    const auto delta = diff(sample_tables(), desired);
    ASSERT_EQ(delta.networks.set.size(), 1U);
    EXPECT_EQ(delta.networks.set.at(100).mtu, 8878U);
    EXPECT_EQ(delta.size(), 1U);
}

TEST(Diff, sees_a_single_changed_setting) {
    auto desired = sample_tables();
    desired.settings.lanes = 2;
    const auto delta = diff(sample_tables(), desired);
    ASSERT_TRUE(delta.settings.has_value());
    EXPECT_EQ(delta.settings->lanes, 2U);
    EXPECT_EQ(delta.size(), 1U);
}

TEST(Diff, sees_a_changed_lane_of_the_second_keys) {
    auto desired = sample_tables();
    desired.second.lane_ifindex[0] = 9;
    const auto delta = diff(sample_tables(), desired);
    ASSERT_TRUE(delta.second.has_value());
    EXPECT_EQ(delta.second->lane_ifindex[0], 9U);
    EXPECT_EQ(delta.size(), 1U);
}

TEST(Diff, a_path_is_a_write_and_back_to_the_first_keys_a_removal) {
    auto other = sample_tables();
    other.paths[vtep_be(2)].flags = COAX_PATH_FROM_SECOND;
    EXPECT_EQ(diff(sample_tables(), other).paths.set.at(vtep_be(2)).flags, COAX_PATH_FROM_SECOND);
    other.paths.clear();
    const auto delta = diff(sample_tables(), other);
    EXPECT_THAT(delta.paths.remove, ElementsAre(vtep_be(2)));
    EXPECT_EQ(delta.size(), 1U);
}

TEST(Apply, makes_the_next_diff_empty) {
    FakeDatapath datapath;
    ASSERT_TRUE(datapath.apply(diff(datapath.tables, sample_tables())).ok());
    EXPECT_EQ(diff(datapath.tables, sample_tables()).size(), 0U);
    ASSERT_TRUE(datapath.apply(diff(datapath.tables, {})).ok());
    EXPECT_EQ(diff(datapath.tables, {}).size(), 0U);
}

TEST(Apply, writes_what_is_referred_to_before_what_refers) {
    FakeDatapath datapath;
    ASSERT_TRUE(datapath.apply(diff({}, sample_tables())).ok());
    EXPECT_THAT(datapath.faults.calls(),
                ElementsAre("set coax_second this node", "set coax_nodes vtep 100.64.0.2",
                            "set coax_paths vtep 100.64.0.2",
                            "set coax_members vtep 100.64.0.2 vni 100",
                            "set coax_flood vni 100 index 0", "set coax_networks vni 100",
                            "set coax_fdb vni 100 mac 02:00:5e:00:53:01",
                            "set coax_fdb vni 100 mac 02:00:5e:00:53:02",
                            "set coax_subnets 192.0.2.0 prefix_bits 120",
                            "set coax_guard_mac ifindex 7 mac 02:00:5e:00:53:03",
                            "set coax_guard_ip ifindex 7 ip 2001:db8::1",
                            "set coax_ports ifindex 7", "set coax_settings this node"));
}

TEST(Apply, removes_in_the_opposite_order) {
    FakeDatapath datapath;
    auto desired = DatapathTables{};
    desired.settings = sample_tables().settings;
    desired.second = sample_tables().second;
    ASSERT_TRUE(datapath.apply(diff(sample_tables(), desired)).ok());
    EXPECT_THAT(
        datapath.faults.calls(),
        ElementsAre("remove coax_ports ifindex 7", "remove coax_guard_ip ifindex 7 ip 2001:db8::1",
                    "remove coax_guard_mac ifindex 7 mac 02:00:5e:00:53:03",
                    "remove coax_subnets 192.0.2.0 prefix_bits 120",
                    "remove coax_fdb vni 100 mac 02:00:5e:00:53:01",
                    "remove coax_fdb vni 100 mac 02:00:5e:00:53:02", "remove coax_networks vni 100",
                    "remove coax_flood vni 100 index 0",
                    "remove coax_members vtep 100.64.0.2 vni 100",
                    "remove coax_paths vtep 100.64.0.2", "remove coax_nodes vtep 100.64.0.2"));
}

TEST(Apply, adds_the_new_before_removing_the_old) {
    FakeDatapath datapath;
    auto desired = sample_tables();
    desired.nodes.clear();
    desired.nodes[vtep_be(3)] = {3, 1};
    ASSERT_TRUE(datapath.apply(diff(sample_tables(), desired)).ok());
    EXPECT_THAT(datapath.faults.calls(),
                ElementsAre("set coax_nodes vtep 100.64.0.3", "remove coax_nodes vtep 100.64.0.2"));
}

TEST(Apply, stops_at_an_error_that_names_table_and_key) {
    FakeDatapath datapath;
    datapath.faults.fail_on("set coax_fdb vni 100 mac 02:00:5e:00:53:02",
                            Error(ErrorCode::kUnavailable, "map coax_fdb is full"));
    const auto applied = datapath.apply(diff({}, sample_tables()));
    ASSERT_FALSE(applied.ok());
    EXPECT_THAT(applied.error().message(),
                HasSubstr("write coax_fdb [vni 100 mac 02:00:5e:00:53:02]: map coax_fdb is full"));
    EXPECT_TRUE(datapath.tables.ports.empty());

    datapath.faults.clear();
    ASSERT_TRUE(datapath.apply(diff(datapath.tables, sample_tables())).ok());
    EXPECT_EQ(diff(datapath.tables, sample_tables()).size(), 0U);
}

TEST(Apply, an_error_of_a_removal_names_table_and_key) {
    FakeDatapath datapath;
    datapath.faults.fail_on("remove coax_nodes", Error(ErrorCode::kSystem, "no"));
    const auto applied = datapath.apply(diff(sample_tables(), {}));
    ASSERT_FALSE(applied.ok());
    EXPECT_EQ(applied.error().message(), "remove from coax_nodes [vtep 100.64.0.2]: no");
}

} // namespace
} // namespace coax
