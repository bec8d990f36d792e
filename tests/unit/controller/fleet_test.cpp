// SPDX-License-Identifier: Apache-2.0
// A controller and its agents over TLS in one process; only admission is made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/registry/keys.h"
#include "harness/poll_until.h"
#include "lib/store/memory_store.h"
#include "unit/controller/fake_agents.h"
#include "unit/controller/test_controller.h"

namespace coax::controller {
namespace {

using coax::test::poll_until;
using test::FakeAgents;
using test::TestController;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

using State = FleetClient::State;

class FleetTest : public testing::Test {
  protected:
    void add(FakeAgents &agents, const std::string &name, const TestController &controller) {
        agents.add(name, {controller.address()}, test::test_identity().certificate_der);
    }
    std::string binding_of(const FakeAgents &agents, const std::string &at, std::uint32_t node) {
        const auto seen = agents.seen(at);
        const auto found = seen.mirror.nodes.find(node);
        return found == seen.mirror.nodes.end() ? "" : found->second.binding();
    }
    void put_port(std::uint32_t node, const std::string &name) {
        v1::Port port;
        port.set_node_id(node);
        port.set_name(name);
        ASSERT_TRUE(store_->put(port_key(NodeId(node), name), port.SerializeAsString()).ok());
    }
    /// In one change, as `etcdctl del --prefix` does.
    void wipe_store() {
        const auto all = store_->list(kAllKeys);
        ASSERT_TRUE(all.ok());
        StoreTransaction transaction;
        for (const StoreEntry &entry : all->entries)
            transaction.operations.push_back(StoreOperation::remove(entry.key));
        ASSERT_TRUE(store_->commit(transaction).ok());
    }

    SystemClock clock_;
    std::unique_ptr<Store> store_ = make_memory_store(clock_);
};

TEST_F(FleetTest, agents_learn_of_each_other_and_of_changes) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    for (const char *name : {"node-1", "node-2", "node-3"})
        add(agents, name, controller);
    for (const char *name : {"node-1", "node-2", "node-3"})
        ASSERT_TRUE(poll_until([&] { return agents.known(name) == 3; })) << name;
    agents.announce("node-2");
    const std::string newest = "node-2#" + std::to_string(agents.seen("node-2").announced);
    ASSERT_TRUE(poll_until([&] { return binding_of(agents, "node-3", 2) == newest; }));
    EXPECT_THAT(agents.seen("node-1").ever_gone, IsEmpty());
    ASSERT_TRUE(poll_until([&] { return controller.state().nodes_online == 3; }));
}

TEST_F(FleetTest, a_port_goes_to_its_node_and_a_network_to_all) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    add(agents, "node-1", controller);
    add(agents, "node-2", controller);
    put_port(1, "eth");
    v1::Network network;
    network.set_name("storage");
    ASSERT_TRUE(store_->put(network_key("storage"), network.SerializeAsString()).ok());
    for (const char *name : {"node-1", "node-2"})
        ASSERT_TRUE(poll_until([&] { return agents.seen(name).mirror.networks.size() == 1; }));
    ASSERT_TRUE(poll_until([&] { return agents.seen("node-1").mirror.ports.size() == 1; }));
    EXPECT_THAT(agents.seen("node-2").mirror.ports, IsEmpty());
}

TEST_F(FleetTest, a_pending_node_is_welcome_once_it_is_in_the_store) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    add(agents, "waiting-7", controller);
    ASSERT_TRUE(poll_until([&] { return agents.seen("waiting-7").state == State::kPending; }));
    record::Node node;
    node.set_id(7);
    node.set_name("waiting-7");
    ASSERT_TRUE(store_->put(node_key(NodeId(7)), node.SerializeAsString()).ok());
    ASSERT_TRUE(poll_until([&] { return agents.seen("waiting-7").state == State::kWelcome; }));
    EXPECT_EQ(agents.seen("waiting-7").welcomes, 1);
}

TEST_F(FleetTest, a_silent_node_is_called_gone_and_is_there_again_at_its_first_word) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents others;
    FakeAgents stopped;
    add(others, "node-1", controller);
    add(stopped, "node-2", controller);
    ASSERT_TRUE(poll_until([&] { return others.known("node-1") == 2; }));
    // Not before nodes may be called gone at all.
    ASSERT_TRUE(poll_until([&] { return !controller.state().holding; }));
    stopped.pause();
    ASSERT_TRUE(poll_until(
        [&] { return others.seen("node-1").mirror.gone.contains("node-2 lease_expired"); }));
    EXPECT_EQ(others.known("node-1"), 2U) << "gone, but not forgotten";
    EXPECT_EQ(controller.state().hub.leases_expired, 1U);
    stopped.resume();
    ASSERT_TRUE(poll_until([&] { return others.seen("node-1").mirror.gone.empty(); }));
}

TEST_F(FleetTest, a_second_stream_of_a_node_replaces_the_first) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents first;
    FakeAgents second;
    add(first, "node-1", controller);
    ASSERT_TRUE(poll_until([&] { return first.seen("node-1").state == State::kWelcome; }));
    add(second, "node-1", controller);
    ASSERT_TRUE(poll_until([&] { return second.seen("node-1").state == State::kWelcome; }));
    ASSERT_TRUE(poll_until([&] { return first.seen("node-1").state == State::kRefused; }));
    EXPECT_THAT(first.seen("node-1").reasons, Contains(HasSubstr("another stream")));
    EXPECT_EQ(controller.state().hub.refusals.at("replaced"), 1U);
}

TEST_F(FleetTest, who_is_refused_hears_why_and_is_counted) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    add(agents, "stranger", controller);
    ASSERT_TRUE(poll_until([&] { return agents.seen("stranger").state == State::kRefused; }));
    EXPECT_THAT(agents.seen("stranger").reasons, Contains("as the test wants it"));
    EXPECT_GE(controller.state().hub.refusals.at("wrong_ca"), 1U);
}

TEST_F(FleetTest, more_agents_than_may_be_are_told_to_come_later) {
    TestController::Options options;
    options.streams = 1;
    TestController controller(*store_, test::test_identity(), options);
    FakeAgents agents;
    add(agents, "node-1", controller);
    ASSERT_TRUE(poll_until([&] { return agents.seen("node-1").state == State::kWelcome; }));
    add(agents, "node-2", controller);
    ASSERT_TRUE(poll_until([&] { return agents.seen("node-2").state == State::kRefused; }));
    EXPECT_EQ(agents.seen("node-1").state, State::kWelcome);
}

TEST_F(FleetTest, while_the_store_is_away_streams_stay_and_what_was_said_is_kept) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    add(agents, "node-1", controller);
    add(agents, "node-2", controller);
    ASSERT_TRUE(poll_until([&] { return agents.known("node-1") == 2; }));
    controller.desk().is_away = true;
    agents.announce("node-2");
    const std::string newest = "node-2#" + std::to_string(agents.seen("node-2").announced);
    ASSERT_TRUE(poll_until(
        [&] { return controller.state().hub.refusals.contains(std::string(kStoreUnavailable)); }));
    EXPECT_EQ(agents.seen("node-2").state, State::kWelcome);
    controller.desk().is_away = false;
    ASSERT_TRUE(poll_until([&] { return binding_of(agents, "node-1", 2) == newest; }));
    EXPECT_EQ(agents.seen("node-2").welcomes, 1);
}

TEST_F(FleetTest, agents_repopulate_a_store_that_was_wiped) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    add(agents, "node-1", controller);
    add(agents, "node-2", controller);
    ASSERT_TRUE(poll_until([&] { return agents.known("node-1") == 2; }));
    const std::string before = agents.seen("node-1").mirror.store_id;
    wipe_store();
    ASSERT_TRUE(poll_until([&] {
        const auto seen = agents.seen("node-1");
        return seen.mirror.store_id != before && seen.mirror.nodes.size() == 2;
    }));
    EXPECT_EQ(agents.seen("node-1").welcomes, 2);
    EXPECT_THAT(agents.seen("node-1").ever_gone, IsEmpty());
    EXPECT_THAT(agents.seen("node-2").ever_gone, IsEmpty());
}

TEST_F(FleetTest, agents_of_a_controller_that_ends_go_on_with_another) {
    TestController::Options options;
    options.name = "two";
    TestController staying(*store_, test::test_identity(), options);
    auto leaving =
        std::make_unique<TestController>(*store_, test::test_identity(), TestController::Options());
    FakeAgents moving;
    FakeAgents watching;
    moving.add("node-1", {leaving->address()}, test::test_identity().certificate_der);
    add(watching, "node-2", staying);
    ASSERT_TRUE(poll_until([&] { return watching.known("node-2") == 2; }));
    ASSERT_TRUE(poll_until([&] { return moving.known("node-1") == 2; }));
    moving.add("node-3", {leaving->address(), staying.address()},
               test::test_identity().certificate_der);
    ASSERT_TRUE(poll_until([&] { return watching.known("node-2") == 3; }));
    leaving.reset();
    ASSERT_TRUE(poll_until([&] {
        return moving.seen("node-3").state == State::kWelcome &&
               moving.seen("node-3").controller == staying.address();
    }));
    // The lease of the controller that ended runs out: only who has nowhere to go is gone.
    ASSERT_TRUE(poll_until(
        [&] { return watching.seen("node-2").mirror.gone.contains("node-1 lease_expired"); }));
    EXPECT_FALSE(watching.seen("node-2").ever_gone.contains("node-3 lease_expired"));
}

TEST_F(FleetTest, progress_of_agents_is_written_down) {
    TestController controller(*store_, test::test_identity(), {});
    FakeAgents agents;
    add(agents, "node-1", controller);
    ASSERT_TRUE(poll_until([&] { return agents.seen("node-1").state == State::kWelcome; }));
    v1::Report report;
    report.set_revision(5);
    agents.report("node-1", report);
    ASSERT_TRUE(poll_until([&] { return controller.desk().reports == 1; }));
}

} // namespace
} // namespace coax::controller
