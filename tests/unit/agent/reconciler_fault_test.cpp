// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <gtest/gtest.h>

#include "agent/names.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using test::FaultPlan;
using test::World;

using Pick = std::function<FaultPlan &(World &)>;

struct Row {
    const char *name;
    Pick faults;
};

const Error kInjected(ErrorCode::kSystem, "injected");

/// Makes the first, second, ... call of one interface fail during the pass that `prepare` leads up to, and
/// expects the passes after it to complete the work and then to have nothing to do.
void every_failure_heals(const Pick &faults, const std::function<void(World &)> &prepare) {
    for (std::size_t n = 1;; ++n) {
        SCOPED_TRACE("call number " + std::to_string(n));
        World world;
        prepare(world);
        FaultPlan &plan = faults(world);
        plan.forget_calls();
        plan.fail_nth(n, kInjected);
        static_cast<void>(world.run().ok());
        const bool reached = plan.calls().size() >= n;
        plan.clear();
        ASSERT_TRUE(world.run().ok()) << world.agent->report().error;
        world.expect_complete();
        ASSERT_TRUE(world.run().ok());
        ASSERT_EQ(world.changes(), 0U);
        if (!reached || testing::Test::HasFailure())
            break;
        ASSERT_LT(n, 500U);
    }
}

class ReconcilerFault : public testing::TestWithParam<Row> {};

TEST_P(ReconcilerFault, first_pass_heals) {
    every_failure_heals(GetParam().faults, [](World &) {});
}

TEST_P(ReconcilerFault, change_and_removal_heal) {
    every_failure_heals(GetParam().faults, [](World &world) {
        world.state.wireguard.lanes = 2;
        ASSERT_TRUE(world.run().ok());
        world.state.wireguard.lanes = 1;
        world.state.peers.erase(NodeId(3));
        world.state.networks.at(Vni(100)).members.erase(NodeId(3));
        world.state.ports.at("red-c1").addresses = {test::prefix("10.1.0.12/24")};
        world.state.ports.erase("red-h");
    });
}

TEST_P(ReconcilerFault, loss_of_devices_heals) {
    every_failure_heals(GetParam().faults, [](World &world) {
        ASSERT_TRUE(world.run().ok());
        world.vanish("n1-hand");
        world.vanish("n1-wg0");
        world.vanish(port_device("n1", "red-c1", 0));
    });
}

TEST_P(ReconcilerFault, single_failure_never_takes_a_working_port_out_of_the_tables) {
    for (std::size_t n = 1; n < 100; ++n) {
        SCOPED_TRACE("call number " + std::to_string(n));
        World world;
        ASSERT_TRUE(world.run().ok());
        world.restart();
        FaultPlan &plan = GetParam().faults(world);
        plan.forget_calls();
        plan.fail_nth(n, kInjected);
        static_cast<void>(world.run().ok());
        EXPECT_EQ(world.datapath.tables.ports.size(), 2U);
        EXPECT_NE(world.datapath.tables.settings.lane_ifindex[0], 0U);
        EXPECT_NE(world.datapath.tables.settings.handover_ifindex, 0U);
        if (plan.calls().size() < n || HasFailure())
            break;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Interfaces, ReconcilerFault,
    testing::Values(Row{"links", [](World &w) -> FaultPlan & { return w.host.faults; }},
                    Row{"netns_links", [](World &w) -> FaultPlan & { return w.c1().faults; }},
                    Row{"wireguard", [](World &w) -> FaultPlan & { return w.wireguard.faults; }},
                    Row{"datapath", [](World &w) -> FaultPlan & { return w.datapath.faults; }}),
    [](const auto &row) { return std::string(row.param.name); });

} // namespace
} // namespace coax
