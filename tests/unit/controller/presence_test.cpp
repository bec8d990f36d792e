// SPDX-License-Identifier: Apache-2.0
#include "controller/leases/presence.h"

#include <gtest/gtest.h>

#include "controller/registry/keys.h"
#include "harness/poll_until.h"
#include "lib/store/memory_store.h"
#include "store.pb.h"

namespace coax::controller {
namespace {

using coax::test::poll_until;
using std::chrono::seconds;

class PresenceTest : public testing::Test {
  protected:
    std::unique_ptr<Presence> presence(const std::string &name) {
        return std::make_unique<Presence>(*store_, clock_, Log::to_stderr(LogLevel::kError),
                                          Presence::Options{name, seconds(1)});
    }
    /// Which controller has the node; empty: none.
    std::string holder(std::uint32_t id) {
        const auto found = store_->get(online_key(NodeId(id)));
        record::Online online;
        if (!found.ok() || !found->entry || !online.ParseFromString(found->entry->value))
            return "";
        return online.controller();
    }

    SystemClock clock_;
    std::unique_ptr<Store> store_ = make_memory_store(clock_);
};

TEST_F(PresenceTest, puts_a_key_with_a_lease_and_takes_it_away) {
    const auto one = presence("one");
    one->take(NodeId(7));
    ASSERT_TRUE(poll_until([&] { return holder(7) == "one"; }));
    EXPECT_NE(store_->get(online_key(NodeId(7)))->entry->lease, LeaseId());
    EXPECT_EQ(one->counts().nodes, 1U);
    one->drop(NodeId(7));
    ASSERT_TRUE(poll_until([&] { return holder(7).empty(); }));
}

TEST_F(PresenceTest, many_nodes_at_once) {
    const auto one = presence("one");
    for (std::uint32_t id = 1; id <= 333; ++id)
        one->take(NodeId(id));
    for (std::uint32_t id = 1; id <= 333; ++id)
        ASSERT_TRUE(poll_until([&] { return holder(id) == "one"; })) << id;
    EXPECT_EQ(one->counts().leases, 1U);
}

TEST_F(PresenceTest, does_not_take_away_what_somebody_else_has_by_now) {
    const auto one = presence("one");
    const auto two = presence("two");
    one->take(NodeId(7));
    one->take(NodeId(8));
    ASSERT_TRUE(poll_until([&] { return holder(7) == "one" && holder(8) == "one"; }));
    two->take(NodeId(7));
    ASSERT_TRUE(poll_until([&] { return holder(7) == "two"; }));
    one->drop(NodeId(7));
    one->drop(NodeId(8)); // with it, or after it
    ASSERT_TRUE(poll_until([&] { return holder(8).empty(); }));
    EXPECT_EQ(holder(7), "two");
}

TEST_F(PresenceTest, keys_of_a_controller_that_died_go_with_its_lease) {
    auto one = presence("one");
    one->take(NodeId(7));
    ASSERT_TRUE(poll_until([&] { return holder(7) == "one"; }));
    one.reset();
    EXPECT_EQ(holder(7), "one") << "the node has a lease to find another controller";
    ASSERT_TRUE(poll_until([&] { return holder(7).empty(); }));
}

TEST_F(PresenceTest, a_lost_lease_is_replaced_with_all_its_keys) {
    const auto one = presence("one");
    one->take(NodeId(7));
    one->take(NodeId(8));
    ASSERT_TRUE(poll_until([&] { return holder(7) == "one" && holder(8) == "one"; }));
    ASSERT_TRUE(store_->revoke_lease(store_->get(online_key(NodeId(7)))->entry->lease).ok());
    ASSERT_TRUE(poll_until([&] { return holder(7) == "one" && holder(8) == "one"; }));
    EXPECT_GE(one->counts().leases_expired, 1U);
}

} // namespace
} // namespace coax::controller
