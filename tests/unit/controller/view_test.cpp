// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/cluster_view.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/distribution/applied.h"
#include "controller/distribution/feed.h"
#include "controller/distribution/wire_update.h"
#include "unit/controller/agent_mirror.h"

namespace coax::controller {
namespace {

using test::AgentMirror;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

v1::Node node(std::uint32_t id, const std::string &binding) {
    v1::Node node;
    node.set_id(id);
    node.set_name("node" + std::to_string(id));
    node.set_certificate("certificate");
    node.set_binding(binding);
    return node;
}

v1::Network network(const std::string &name, std::uint32_t vni) {
    v1::Network network;
    network.set_name(name);
    network.set_vni(vni);
    return network;
}

v1::Port port(std::uint32_t owner, const std::string &name, const std::string &mac) {
    v1::Port port;
    port.set_node_id(owner);
    port.set_name(name);
    port.set_mac(mac);
    return port;
}

class ClusterViewTest : public testing::Test {
  protected:
    void at(std::uint64_t revision) { view_.set_revision(Revision(revision)); }
    /// All that the feed has to say, taken by an agent.
    void drain(Feed &feed, AgentMirror &agent) {
        while (feed.has_next(view_.now()))
            agent.take(feed.next(source_, "store"));
    }

    ClusterView view_;
    UpdateSource source_{view_};
};

TEST_F(ClusterViewTest, a_new_agent_gets_one_snapshot_of_everything) {
    at(5);
    view_.put_node(node(1, "one"));
    view_.put_node(node(2, "two"));
    view_.put_network(network("storage", 7));
    view_.put_port(port(1, "eth", "02:00:00:00:00:01"));
    view_.put_port(port(2, "eth", "02:00:00:00:00:02"));
    Feed feed(view_, NodeId(1), std::nullopt);
    AgentMirror agent;
    drain(feed, agent);
    EXPECT_THAT(agent.bindings(), ElementsAre("one", "two"));
    EXPECT_THAT(agent.networks, ElementsAre("storage"));
    EXPECT_THAT(agent.ports, ElementsAre("eth 02:00:00:00:00:01")) << "only its own";
    EXPECT_EQ(agent.snapshots, 1);
    EXPECT_EQ(agent.revision, 5U);
    EXPECT_EQ(agent.store_id, "store");
}

TEST_F(ClusterViewTest, an_empty_view_is_one_snapshot_and_then_silence) {
    Feed feed(view_, NodeId(1), std::nullopt);
    AgentMirror agent;
    drain(feed, agent);
    EXPECT_EQ(agent.snapshots, 1);
    EXPECT_FALSE(feed.has_next(view_.now()));
}

TEST_F(ClusterViewTest, a_slow_agent_gets_the_last_state_once) {
    view_.put_node(node(1, "one"));
    Feed feed(view_, NodeId(9), std::nullopt);
    AgentMirror agent;
    drain(feed, agent);
    for (int i = 0; i < 1000; ++i)
        view_.put_node(node(1, "epoch " + std::to_string(i)));
    view_.put_node(node(2, "two"));
    view_.remove_node(NodeId(2), "removed_by_operator", "");
    const int before = agent.messages;
    drain(feed, agent);
    EXPECT_EQ(agent.messages - before, 1);
    EXPECT_THAT(agent.bindings(), ElementsAre("epoch 999"));
    EXPECT_EQ(feed.merged(), 1U);
}

TEST_F(ClusterViewTest, nothing_new_is_no_update) {
    view_.put_node(node(1, "one"));
    Feed feed(view_, NodeId(9), std::nullopt);
    AgentMirror agent;
    drain(feed, agent);
    at(77);
    view_.put_node(node(1, "one"));
    view_.put_network(network("a", 1));
    drain(feed, agent);
    const int before = agent.messages;
    view_.put_network(network("a", 1));
    view_.remove_network("b");
    EXPECT_FALSE(feed.has_next(view_.now()));
    EXPECT_EQ(agent.messages, before);
}

TEST_F(ClusterViewTest, what_goes_is_told_and_what_comes_back_is_there) {
    view_.put_node(node(1, "one"));
    view_.put_network(network("a", 1));
    Feed feed(view_, NodeId(9), std::nullopt);
    AgentMirror agent;
    drain(feed, agent);
    view_.set_gone(NodeId(1), true);
    drain(feed, agent);
    EXPECT_THAT(agent.gone, ElementsAre("node1 lease_expired"));
    EXPECT_THAT(agent.records_in_last, IsEmpty()) << "a record is not sent to say that it is gone";
    view_.set_gone(NodeId(1), false);
    drain(feed, agent);
    EXPECT_THAT(agent.gone, IsEmpty());
    EXPECT_THAT(agent.records_in_last, ElementsAre("node1"));
    view_.remove_node(NodeId(1), "removed_by_operator", "");
    view_.remove_network("a");
    drain(feed, agent);
    EXPECT_THAT(agent.gone, ElementsAre("node1 removed_by_operator"));
    EXPECT_THAT(agent.networks, IsEmpty());
    view_.put_network(network("a", 2));
    drain(feed, agent);
    EXPECT_THAT(agent.networks, ElementsAre("a"));
}

TEST_F(ClusterViewTest, ports_go_to_their_node_only) {
    Feed first(view_, NodeId(1), std::nullopt);
    Feed second(view_, NodeId(2), std::nullopt);
    AgentMirror one;
    AgentMirror two;
    drain(first, one);
    drain(second, two);
    view_.put_port(port(1, "eth", "02:00:00:00:00:01"));
    EXPECT_TRUE(first.has_next(view_.now()));
    EXPECT_FALSE(second.has_next(view_.now()));
    drain(first, one);
    EXPECT_THAT(one.ports, ElementsAre("eth 02:00:00:00:00:01"));
    view_.remove_port(NodeId(1), "eth");
    drain(first, one);
    EXPECT_THAT(one.ports, IsEmpty());
}

TEST_F(ClusterViewTest, knows_the_newest_change_that_a_node_is_told_of) {
    at(10);
    view_.put_node(node(1, "one"));
    view_.begin_history();
    EXPECT_EQ(view_.newest_for(NodeId(1)), Revision(10));
    at(11); // told to nobody
    EXPECT_EQ(view_.newest_for(NodeId(1)), Revision(10));
    at(12);
    view_.put_port(port(1, "eth", "02:00:00:00:00:01"));
    EXPECT_EQ(view_.newest_for(NodeId(1)), Revision(12));
    EXPECT_EQ(view_.newest_for(NodeId(2)), Revision(10));
    at(13);
    view_.remove_port(NodeId(1), "eth");
    EXPECT_EQ(view_.newest_for(NodeId(1)), Revision(13));
    at(14);
    view_.put_network(network("a", 1));
    EXPECT_EQ(view_.newest_for(NodeId(2)), Revision(14));
}

TEST_F(ClusterViewTest, who_lacks_nothing_has_applied_everything) {
    at(10);
    view_.put_network(network("a", 1));
    at(12); // as when a node reports what it has
    v1::Nodes nodes;
    for (const auto &[id, applied] : {std::pair(1U, 10U), {2U, 9U}, {3U, 0U}, {4U, 15U}}) {
        v1::NodeInfo &one = *nodes.add_nodes();
        one.set_id(id);
        one.set_applied_revision(applied);
    }
    raise_applied(view_, nodes);
    EXPECT_EQ(nodes.nodes(0).applied_revision(), 12U);
    EXPECT_EQ(nodes.nodes(1).applied_revision(), 9U);
    EXPECT_EQ(nodes.nodes(2).applied_revision(), 0U) << "it has said nothing";
    EXPECT_EQ(nodes.nodes(3).applied_revision(), 15U) << "this process is behind";
}

TEST_F(ClusterViewTest, an_agent_that_comes_back_gets_what_it_missed) {
    at(10);
    view_.put_node(node(1, "one"));
    view_.put_node(node(2, "two"));
    view_.begin_history();
    at(11);
    view_.put_node(node(1, "one again"));
    view_.remove_node(NodeId(2), "removed_by_operator", "");
    view_.put_node(node(3, "three"));
    view_.set_gone(NodeId(3), true);
    Feed feed(view_, NodeId(9), Revision(10));
    AgentMirror agent;
    drain(feed, agent);
    EXPECT_EQ(agent.snapshots, 0);
    EXPECT_THAT(agent.bindings(), ElementsAre("one again", "three"));
    EXPECT_THAT(agent.gone,
                UnorderedElementsAre("node2 removed_by_operator", "node3 lease_expired"));
}

TEST_F(ClusterViewTest, an_agent_from_before_the_history_gets_a_snapshot) {
    at(10);
    view_.put_node(node(1, "one"));
    view_.begin_history();
    for (const std::uint64_t revision : {9U, 11U}) {
        Feed feed(view_, NodeId(9), Revision(revision));
        AgentMirror agent;
        drain(feed, agent);
        EXPECT_EQ(agent.snapshots, 1) << revision;
    }
}

TEST_F(ClusterViewTest, who_missed_a_forgotten_removal_gets_a_snapshot) {
    ClusterView view(2);
    UpdateSource source(view);
    for (std::uint32_t id = 1; id <= 4; ++id)
        view.put_node(node(id, "x"));
    Feed lagging(view, NodeId(9), std::nullopt);
    AgentMirror agent;
    while (lagging.has_next(view.now()))
        agent.take(lagging.next(source, "store"));
    for (std::uint32_t id = 1; id <= 3; ++id)
        view.remove_node(NodeId(id), "removed_by_operator", "");
    while (lagging.has_next(view.now()))
        agent.take(lagging.next(source, "store"));
    EXPECT_EQ(agent.snapshots, 2);
    EXPECT_EQ(agent.revision, view.revision().value());
}

TEST_F(ClusterViewTest, a_storm_of_new_agents_shares_one_snapshot) {
    for (std::uint32_t id = 1; id <= 500; ++id)
        view_.put_node(node(id, std::string(500, 'x')));
    for (std::uint32_t id = 1; id <= 100; ++id) {
        Feed feed(view_, NodeId(id), std::nullopt);
        AgentMirror agent;
        view_.put_node(node(id, "came"));
        drain(feed, agent);
        ASSERT_EQ(agent.nodes.size(), 500U);
        ASSERT_EQ(agent.nodes.at(id).binding(), "came");
    }
    EXPECT_LE(source_.counts().snapshots, 2U);
}

TEST_F(ClusterViewTest, a_large_snapshot_comes_in_parts_of_a_bounded_size) {
    for (std::uint32_t id = 1; id <= 3000; ++id)
        view_.put_node(node(id, std::string(900, 'x')));
    view_.set_revocations(std::string(600 * 1024, 'r'));
    const SharedUpdate update = collect_update(view_, {});
    EXPECT_GT(update.parts.size(), 10U);
    std::size_t over = 0;
    for (const SharedFields &part : update.parts)
        over += part->size() > kPartBytes ? 1 : 0;
    EXPECT_EQ(over, 1U) << "only the list of revocations, which is one field";
    AgentMirror agent;
    for (const WireMessage &message : wire_messages(update, "store", ""))
        agent.take(message);
    EXPECT_EQ(agent.nodes.size(), 3000U);
    EXPECT_EQ(agent.revocations.size(), std::size_t{600} * 1024);
    EXPECT_EQ(agent.snapshots, 1);
}

TEST_F(ClusterViewTest, nodes_without_a_binding_are_not_told_of) {
    view_.put_node(node(1, ""));
    Feed feed(view_, NodeId(9), std::nullopt);
    AgentMirror agent;
    drain(feed, agent);
    EXPECT_THAT(agent.nodes, IsEmpty());
}

TEST_F(ClusterViewTest, endpoints_come_and_go) {
    Feed feed(view_, NodeId(9), std::nullopt);
    AgentMirror agent;
    v1::Endpoint endpoint;
    endpoint.set_network("a");
    endpoint.set_mac("02:00:00:00:00:01");
    endpoint.set_node_id(3);
    view_.put_endpoint(endpoint);
    drain(feed, agent);
    EXPECT_THAT(agent.endpoints, ElementsAre("a 02:00:00:00:00:01 3"));
    view_.remove_endpoint("a", "02:00:00:00:00:01");
    drain(feed, agent);
    EXPECT_THAT(agent.endpoints, IsEmpty());
}

} // namespace
} // namespace coax::controller
