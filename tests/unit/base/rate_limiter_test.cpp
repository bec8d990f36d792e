// SPDX-License-Identifier: Apache-2.0
#include "lib/base/rate_limiter.h"

#include <gtest/gtest.h>

#include "harness/fake_clock.h"

namespace coax {
namespace {

using namespace std::chrono_literals;

class RateLimiterTest : public testing::Test {
  protected:
    FakeClock clock_;
    RateLimiter limiter_{clock_, 2, 10s};
};

TEST_F(RateLimiterTest, admits_the_burst_and_holds_back_the_rest) {
    EXPECT_TRUE(limiter_.admit());
    EXPECT_TRUE(limiter_.admit());
    EXPECT_FALSE(limiter_.admit());
}

TEST_F(RateLimiterTest, admits_one_more_per_interval_and_says_how_many_were_held_back) {
    (void)limiter_.admit();
    (void)limiter_.admit();
    (void)limiter_.admit();
    (void)limiter_.admit();
    clock_.advance(9999ms);
    EXPECT_FALSE(limiter_.admit());
    clock_.advance(1ms);
    EXPECT_EQ(limiter_.admit(), 3U);
    EXPECT_FALSE(limiter_.admit());
    clock_.advance(10s);
    EXPECT_EQ(limiter_.admit(), 1U);
}

TEST_F(RateLimiterTest, never_saves_more_than_the_burst) {
    clock_.advance(1000h);
    EXPECT_EQ(limiter_.admit(), 0U);
    EXPECT_EQ(limiter_.admit(), 0U);
    EXPECT_FALSE(limiter_.admit());
}

TEST_F(RateLimiterTest, part_of_an_interval_is_not_lost) {
    (void)limiter_.admit();
    (void)limiter_.admit();
    clock_.advance(15s);
    EXPECT_TRUE(limiter_.admit());
    clock_.advance(5s);
    EXPECT_TRUE(limiter_.admit());
}

TEST(SystemClock, boot_time_is_never_behind_monotonic_time) {
    const SystemClock clock;
    const auto monotonic = clock.monotonic_now().time_since_epoch();
    EXPECT_GE(clock.boot_now().time_since_epoch(), monotonic);
}

} // namespace
} // namespace coax
