// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/boot_guard.h"

#include <gtest/gtest.h>

#include "agent/datapath/tables.h"
#include "agent/preflight/instance_lock.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using test::World;

/// The machine of World, its agent not started.
class BootGuardTest : public testing::Test {
  protected:
    BootGuardTest() { world_.state.agent.run_dir = world_.folder.path().string(); }

    BootGuard guard() {
        return BootGuard({std::make_shared<const DesiredState>(world_.state), world_.host,
                          [this](const std::function<Status(Datapath &)> &use) {
                              ++opened_;
                              is_pinned_ = true;
                              return use(world_.datapath);
                          },
                          [this] { return is_pinned_; },
                          Log::to_sink(LogLevel::kInfo, [](LogLevel, std::string_view) {})});
    }
    bool is_guarded(const std::string &name) {
        return world_.datapath.attached_uplinks.contains(world_.host.at(name).index);
    }

    World world_;
    int opened_ = 0;
    bool is_pinned_ = false;
};

TEST_F(BootGuardTest, guards_the_uplinks_and_touches_nothing_else) {
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_TRUE(is_guarded("eth0"));
    EXPECT_EQ(boot.guarded(), 1U);
    EXPECT_EQ(world_.host.peek("n1-wg0"), nullptr);
    EXPECT_EQ(world_.host.peek("n1-hand"), nullptr);
    EXPECT_TRUE(world_.datapath.attached_ports.empty());
    EXPECT_TRUE(is_unconfigured(world_.datapath.tables.settings));
    EXPECT_NE(world_.datapath.tables.settings.lanes, 0U);
}

TEST_F(BootGuardTest, tables_are_written_before_the_programs_are_attached) {
    BootGuard boot = guard();
    world_.datapath.faults.fail_on("set coax_settings", Error(ErrorCode::kSystem, "no"));
    EXPECT_FALSE(boot.pass().ok());
    EXPECT_FALSE(is_guarded("eth0"));
    world_.datapath.faults.clear();
    EXPECT_TRUE(boot.pass().ok()) << "the next pass continues";
    EXPECT_TRUE(is_guarded("eth0"));
}

TEST_F(BootGuardTest, second_pass_opens_nothing) {
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_EQ(opened_, 1);
}

TEST_F(BootGuardTest, uplink_that_appears_later_is_guarded_then) {
    world_.host.vanish("eth0");
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_EQ(boot.guarded(), 0U);
    world_.host.add_existing("eth0");
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_TRUE(is_guarded("eth0"));

    world_.host.vanish("eth0");
    world_.host.add_existing("eth0");
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_TRUE(is_guarded("eth0"));
    EXPECT_EQ(boot.guarded(), 1U) << "made anew, it is no second one";
}

TEST_F(BootGuardTest, tables_of_an_agent_are_left_alone) {
    ASSERT_TRUE(world_.run().ok());
    const auto before = world_.datapath.tables;
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_EQ(diff(before, world_.datapath.tables).size(), 0U);
}

TEST_F(BootGuardTest, agent_completes_what_the_guard_began) {
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    ASSERT_TRUE(world_.run().ok());
    world_.expect_complete();
}

TEST_F(BootGuardTest, running_agent_is_left_to_do_it) {
    const auto agent = InstanceLock::take(world_.state.agent.run_dir);
    ASSERT_TRUE(agent.ok());
    BootGuard boot = guard();
    EXPECT_TRUE(boot.pass().ok());
    EXPECT_EQ(opened_, 0);
}

TEST_F(BootGuardTest, takes_over_from_an_agent_that_died) {
    BootGuard boot = guard();
    {
        const auto agent = InstanceLock::take(world_.state.agent.run_dir);
        ASSERT_TRUE(boot.pass().ok());
        EXPECT_TRUE(boot.is_agents());
    }
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_FALSE(boot.is_agents());
    EXPECT_TRUE(is_guarded("eth0"));
}

TEST_F(BootGuardTest, ends_when_an_agent_took_its_data_path_away) {
    BootGuard boot = guard();
    {
        const auto agent = InstanceLock::take(world_.state.agent.run_dir);
        is_pinned_ = true;
        ASSERT_TRUE(boot.pass().ok());
    }
    is_pinned_ = false;
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_TRUE(boot.is_over());
    EXPECT_EQ(opened_, 0);
}

TEST_F(BootGuardTest, uplink_that_cannot_be_guarded_does_not_leave_the_others_open) {
    world_.state.underlay.uplinks = {"eth0", "eth1"};
    world_.host.add_existing("eth1");
    BootGuard boot = guard();
    const std::string eth0 = std::to_string(world_.host.at("eth0").index.value());
    world_.datapath.faults.fail_on("attach_uplink " + eth0, Error(ErrorCode::kBusy, "taken"));
    EXPECT_FALSE(boot.pass().ok());
    EXPECT_TRUE(is_guarded("eth1"));
    world_.datapath.faults.clear();
    EXPECT_TRUE(boot.pass().ok());
    EXPECT_TRUE(is_guarded("eth0"));
    EXPECT_EQ(boot.summary(), "2 of 2 uplinks guarded; stays so when this ends");
}

TEST_F(BootGuardTest, uplink_of_a_new_configuration_is_guarded) {
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    world_.host.add_existing("bond1");
    world_.state.underlay.uplinks.push_back("bond1");
    boot.set_state(std::make_shared<const DesiredState>(world_.state));
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_TRUE(is_guarded("bond1"));
}

TEST_F(BootGuardTest, ends_when_the_data_path_was_taken_away) {
    BootGuard boot = guard();
    ASSERT_TRUE(boot.pass().ok());
    is_pinned_ = false;
    ASSERT_TRUE(boot.pass().ok());
    EXPECT_TRUE(boot.is_over());
    EXPECT_EQ(opened_, 1);
}

} // namespace
} // namespace coax
