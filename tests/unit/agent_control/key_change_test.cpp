// SPDX-License-Identifier: Apache-2.0
#include "agent/control/key_change.h"

#include <gtest/gtest.h>

#include "harness/fake_clock.h"

namespace coax {
namespace {

using std::chrono::seconds;

class KeyChangeTest : public testing::Test {
  protected:
    static ChangingPeer moved(std::uint32_t id, const std::string &name) {
        return {NodeId(id), name, false, true, true};
    }
    FakeClock clock_;
    KeyChange change_{clock_};
};

TEST_F(KeyChangeTest, ends_when_all_have_moved_and_what_was_under_way_has_arrived) {
    const std::vector<ChangingPeer> peers{moved(2, "beta"), moved(3, "gamma")};
    EXPECT_FALSE(change_.may_end(peers));
    EXPECT_TRUE(change_.waits().empty());
    clock_.advance(KeyChange::kLinger);
    EXPECT_TRUE(change_.may_end(peers));
}

TEST_F(KeyChangeTest, node_without_peers_waits_for_nobody) {
    EXPECT_FALSE(change_.may_end({}));
    clock_.advance(KeyChange::kLinger);
    EXPECT_TRUE(change_.may_end({}));
}

TEST_F(KeyChangeTest, waits_for_both_directions_and_says_which) {
    ChangingPeer hears = moved(2, "beta");
    hears.sends_to_next = false;
    ChangingPeer speaks = moved(3, "gamma");
    speaks.sent_from_next = false;
    clock_.advance(seconds(86400));
    EXPECT_FALSE(change_.may_end({hears, speaks}));
    ASSERT_EQ(change_.waits().size(), 2U);
    EXPECT_EQ(change_.waits()[0], (ChangeWait{"beta", "it does not send to the next keys yet"}));
    EXPECT_EQ(change_.waits()[1].peer, "gamma");
    EXPECT_NE(change_.waits()[1].why.find("no session"), std::string::npos);
}

TEST_F(KeyChangeTest, peer_that_comes_later_is_waited_for_again) {
    EXPECT_FALSE(change_.may_end({moved(2, "beta")}));
    clock_.advance(KeyChange::kLinger);
    ChangingPeer late = moved(3, "gamma");
    late.sends_to_next = false;
    EXPECT_FALSE(change_.may_end({moved(2, "beta"), late}));
    late.sends_to_next = true;
    EXPECT_FALSE(change_.may_end({moved(2, "beta"), late})) << "it lingers from now on";
    clock_.advance(KeyChange::kLinger);
    EXPECT_TRUE(change_.may_end({moved(2, "beta"), late}));
}

TEST_F(KeyChangeTest, dead_peer_is_waited_for_but_not_for_ever) {
    ChangingPeer dead{NodeId(3), "gamma", true, false, false};
    EXPECT_FALSE(change_.may_end({moved(2, "beta"), dead}));
    EXPECT_EQ(change_.waits(), (std::vector<ChangeWait>{{"gamma", "it is dead"}}));
    clock_.advance(KeyChange::kDeadWait);
    EXPECT_FALSE(change_.may_end({moved(2, "beta"), dead}));
    clock_.advance(KeyChange::kLinger);
    EXPECT_TRUE(change_.may_end({moved(2, "beta"), dead}));
}

} // namespace
} // namespace coax
