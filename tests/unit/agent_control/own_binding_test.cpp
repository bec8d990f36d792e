// SPDX-License-Identifier: Apache-2.0
#include "agent/control/own_binding.h"

#include <gtest/gtest.h>

#include "unit/agent_control/overlay.h"

namespace coax {
namespace {

using std::chrono::hours;
using test::kNow;

class OwnBindingTest : public testing::Test {
  protected:
    SshPrivateKey ca_ = test::make_key();
    test::HonestNode node_{7, ca_};
    OwnBinding own_{0};
};

TEST_F(OwnBindingTest, is_signed_when_there_is_none_and_when_something_changed) {
    EXPECT_TRUE(own_.is_due(node_.binding, kNow));
    ASSERT_TRUE(own_.sign(node_.binding, kNow, node_.key).ok());
    EXPECT_EQ(own_.epoch(), time_to_wire(kNow));
    EXPECT_FALSE(own_.is_due(node_.binding, kNow));
    node_.binding.endpoints.clear();
    EXPECT_TRUE(own_.is_due(node_.binding, kNow));
}

TEST_F(OwnBindingTest, is_renewed_by_half_of_its_time_and_earlier_where_spread) {
    ASSERT_TRUE(own_.sign(node_.binding, kNow, node_.key).ok());
    EXPECT_FALSE(own_.is_due(node_.binding, kNow + hours(24 * 14)));
    EXPECT_TRUE(own_.is_due(node_.binding, kNow + hours(24 * 15)));
    OwnBinding early(1);
    ASSERT_TRUE(early.sign(node_.binding, kNow, node_.key).ok());
    EXPECT_FALSE(early.is_due(node_.binding, kNow + hours(24 * 11)));
    EXPECT_TRUE(early.is_due(node_.binding, kNow + hours(24 * 12)));
}

TEST_F(OwnBindingTest, has_an_epoch_above_all_that_were_heard_of) {
    const std::uint64_t far = time_to_wire(kNow) + 1000;
    own_.seen(far);
    ASSERT_TRUE(own_.sign(node_.binding, kNow, node_.key).ok());
    EXPECT_EQ(own_.epoch(), far + 1);
    EXPECT_FALSE(own_.is_due(node_.binding, kNow));
    own_.seen(far + 5);
    EXPECT_TRUE(own_.is_due(node_.binding, kNow)) << "somebody has a later one";
}

TEST_F(OwnBindingTest, comes_back_after_a_restart) {
    ASSERT_TRUE(own_.sign(node_.binding, kNow, node_.key).ok());
    OwnBinding again(0);
    again.restore(own_.bytes(), own_.epoch());
    EXPECT_FALSE(again.is_due(node_.binding, kNow));
    OwnBinding damaged(0);
    damaged.restore("what is this", 99);
    EXPECT_TRUE(damaged.is_due(node_.binding, kNow));
    EXPECT_EQ(damaged.epoch(), 99U);
}

TEST_F(OwnBindingTest, is_signed_again_when_the_clock_went_back) {
    ASSERT_TRUE(own_.sign(node_.binding, kNow, node_.key).ok());
    EXPECT_TRUE(own_.is_due(node_.binding, kNow - hours(1)));
}

} // namespace
} // namespace coax
