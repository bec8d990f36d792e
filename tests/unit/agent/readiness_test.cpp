// SPDX-License-Identifier: Apache-2.0
#include "agent/service/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using test::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::optional<std::string> reason_of(World &world) {
    return unready_reason(world.state, world.agent->lanes(), world.agent->ports());
}

TEST(UnreadyReason, complete_node_is_ready) {
    World world;
    ASSERT_TRUE(world.run().ok());
    EXPECT_EQ(reason_of(world), std::nullopt);
}

TEST(UnreadyReason, node_before_its_first_pass_is_not) {
    World world;
    EXPECT_NE(reason_of(world), std::nullopt);
}

TEST(UnreadyReason, host_port_whose_name_is_taken_is_named) {
    World world;
    world.host.add_existing(world.state.ports.at("red-h").ifname);
    static_cast<void>(world.run().ok());
    ASSERT_TRUE(reason_of(world).has_value());
    EXPECT_THAT(*reason_of(world), HasSubstr("port red-h: "));
}

TEST(UnreadyReason, container_that_is_not_there_is_not_waited_for) {
    World world;
    world.namespaces.all.erase("c1");
    static_cast<void>(world.run().ok());
    EXPECT_EQ(reason_of(world), std::nullopt);
}

class ReadinessTest : public testing::Test {
  protected:
    std::vector<std::string> said_;
    ServiceManager service_{[this](const std::string &message) { said_.push_back(message); }};
    Readiness readiness_{service_};
};

TEST_F(ReadinessTest, ready_is_said_once_and_only_when_nothing_is_waited_for) {
    readiness_.passed("port a: down");
    readiness_.passed(std::nullopt);
    readiness_.passed(std::nullopt);
    readiness_.passed("port a: down");
    EXPECT_THAT(said_, ElementsAre("STATUS=waits for port a: down",
                                   "READY=1\nSTATUS=addresses are usable"));
}

TEST_F(ReadinessTest, reload_is_told_with_its_end) {
    readiness_.passed(std::nullopt);
    readiness_.reload_began();
    readiness_.reload_ended("");
    readiness_.reload_began();
    readiness_.reload_ended("refused: node.id: wrong");
    EXPECT_THAT(said_,
                ElementsAre(StartsWith("READY=1"), StartsWith("RELOADING=1\nMONOTONIC_USEC="),
                            "READY=1\nSTATUS=configuration reloaded", StartsWith("RELOADING=1"),
                            "READY=1\nSTATUS=reload refused: node.id: wrong"));
}

TEST_F(ReadinessTest, reload_before_ready_does_not_say_ready) {
    readiness_.reload_began();
    readiness_.reload_ended("");
    EXPECT_TRUE(said_.empty());
}

} // namespace
} // namespace coax
