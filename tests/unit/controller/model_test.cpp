// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/registry/keys.h"

namespace coax::controller::test {
namespace {

using testing::HasSubstr;

class ModelTest : public testing::Test {
  protected:
    template <typename Record>
    ModelChange put(const std::string &key, const Record &record) {
        auto change = model_.apply({key, record.SerializeAsString(), Revision(++revision_), {}});
        EXPECT_TRUE(change.ok()) << change.error().message();
        return change.ok() ? *change : ModelChange{};
    }
    ModelChange remove(const std::string &key) { return model_.remove(key, Revision(++revision_)); }
    ModelChange put_port(std::uint32_t node, const std::string &name) {
        v1::Port port;
        port.set_name(name);
        port.set_network("red");
        port.add_more_macs("02:00:5e:00:53:99");
        return put(port_key(NodeId(node), name), port);
    }
    ModelChange put_report(std::uint32_t node, const std::string &port, const std::string &mac,
                           const std::string &error = "") {
        record::Report report;
        auto &state = *report.mutable_report()->add_ports();
        state.set_name(port);
        state.set_mac(mac);
        state.set_error(error);
        return put(report_key(NodeId(node)), report);
    }
    static EndpointKey red(const std::string &mac) { return {"red", *MacAddress::parse(mac)}; }

    Model model_;
    std::uint64_t revision_ = 10;
};

TEST_F(ModelTest, says_what_every_record_changes) {
    record::Node node;
    node.set_name("storage1");
    ModelChange expected;
    expected.nodes = {NodeId(1)};
    EXPECT_EQ(put(node_key(NodeId(1)), node), expected);
    EXPECT_EQ(model_.node(NodeId(1))->name(), "storage1");
    EXPECT_EQ(model_.node(NodeId(2)), nullptr);
    expected = {};
    expected.online = {NodeId(1)};
    EXPECT_EQ(put(online_key(NodeId(1)), record::Online()), expected);
    expected = {};
    expected.networks = {"red"};
    EXPECT_EQ(put(network_key("red"), v1::Network()), expected);
    expected = {};
    expected.pending = {"storage2"};
    EXPECT_EQ(put(pending_key("storage2"), record::Pending()), expected);
    expected = {};
    expected.cluster = true;
    EXPECT_EQ(put(std::string(kClusterKey), record::Cluster()), expected);
    expected = {};
    expected.ports = {{NodeId(1), "p"}};
    EXPECT_EQ(put_port(1, "p"), expected);
    EXPECT_EQ(model_.revision(), Revision(revision_));
    EXPECT_EQ(remove(port_key(NodeId(1), "p")), expected);
    EXPECT_TRUE(model_.ports().empty());
    expected = {};
    expected.nodes = {NodeId(1)};
    EXPECT_EQ(remove(node_key(NodeId(1))), expected);
    EXPECT_EQ(model_.node(NodeId(1)), nullptr);
}

TEST_F(ModelTest, passes_over_what_agents_do_not_need) {
    EXPECT_TRUE(put(token_key("abc"), record::Token()).empty());
    EXPECT_TRUE(put(audit_key(1), v1::AuditLine()).empty());
    EXPECT_TRUE(remove(name_key("storage1")).empty());
    EXPECT_EQ(model_.revision(), Revision(13));
}

TEST_F(ModelTest, keeps_what_it_had_when_a_record_is_damaged) {
    record::Node node;
    node.set_name("storage1");
    put(node_key(NodeId(1)), node);
    for (const std::string &key : {node_key(NodeId(1)), std::string(kNodePrefix) + "1",
                                   std::string(kPortPrefix) + "00000001", report_key(NodeId())}) {
        const auto change = model_.apply({key, "\xff\xff", Revision(++revision_), {}});
        ASSERT_FALSE(change.ok()) << key;
        EXPECT_EQ(change.error().code(), ErrorCode::kCorrupt);
        EXPECT_THAT(change.error().message(), HasSubstr(key));
    }
    EXPECT_EQ(model_.node(NodeId(1))->name(), "storage1");
}

TEST_F(ModelTest, has_endpoints_of_ports_that_are_there) {
    EXPECT_TRUE(put_report(2, "p", "02:00:5e:00:53:01").endpoints.empty()); // of no known port
    const std::set<EndpointKey> both = {red("02:00:5e:00:53:01"), red("02:00:5e:00:53:99")};
    EXPECT_EQ(put_port(2, "p").endpoints, both);
    EXPECT_EQ(model_.endpoint(red("02:00:5e:00:53:01")), NodeId(2));
    EXPECT_TRUE(put_report(2, "p", "02:00:5e:00:53:01").endpoints.empty());
    EXPECT_EQ(put_report(2, "p", "02:00:5e:00:53:01", "no such netns").endpoints, both);
    EXPECT_EQ(model_.endpoint(red("02:00:5e:00:53:01")), std::nullopt);
    EXPECT_TRUE(model_.endpoints().empty());
}

TEST_F(ModelTest, gives_a_mac_that_two_claim_to_the_lowest_node) {
    put_port(3, "p");
    put_report(3, "p", "02:00:5e:00:53:01");
    put_port(2, "q");
    const ModelChange change = put_report(2, "q", "02:00:5e:00:53:01");
    EXPECT_TRUE(change.endpoints.contains(red("02:00:5e:00:53:01")));
    EXPECT_EQ(model_.endpoint(red("02:00:5e:00:53:01")), NodeId(2));
    remove(report_key(NodeId(2)));
    EXPECT_EQ(model_.endpoint(red("02:00:5e:00:53:01")), NodeId(3));
    EXPECT_EQ(model_.endpoints().size(), 2U);
}

TEST_F(ModelTest, knows_what_differs_after_a_new_list) {
    const Model before = model_;
    record::Node node;
    node.set_name("storage1");
    put(node_key(NodeId(1)), node);
    put_port(1, "p");
    put_report(1, "p", "02:00:5e:00:53:01");
    const ModelChange change = difference(before, model_);
    EXPECT_EQ(change.nodes, std::set<NodeId>{NodeId(1)});
    EXPECT_EQ(change.ports, (std::set<PortKey>{{NodeId(1), "p"}}));
    EXPECT_EQ(change.endpoints.size(), 2U);
    EXPECT_EQ(difference(model_, before), change);
    EXPECT_TRUE(difference(model_, model_).empty());
    ModelChange merged = change;
    merged.merge(change);
    EXPECT_EQ(merged, change);
}

} // namespace
} // namespace coax::controller::test
