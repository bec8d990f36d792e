// SPDX-License-Identifier: Apache-2.0
#include "lib/control/back_off.h"

#include <gtest/gtest.h>

namespace coax {
namespace {

using std::chrono::milliseconds;

TEST(BackOff, doubles_the_limit_up_to_the_longest) {
    BackOff back_off(milliseconds(500), milliseconds(3000));
    std::vector<std::int64_t> limits;
    for (int i = 0; i < 5; ++i) {
        limits.push_back(back_off.limit().count());
        (void)back_off.pause(0);
    }
    EXPECT_EQ(limits, (std::vector<std::int64_t>{500, 1000, 2000, 3000, 3000}));
    back_off.reset();
    EXPECT_EQ(back_off.limit(), milliseconds(500));
    back_off.to_longest();
    EXPECT_EQ(back_off.limit(), milliseconds(3000));
}

TEST(BackOff, takes_any_pause_up_to_the_limit) {
    BackOff back_off(milliseconds(500), milliseconds(500));
    EXPECT_EQ(back_off.pause(0), milliseconds(0));
    EXPECT_EQ(back_off.pause(500), milliseconds(500));
    EXPECT_EQ(back_off.pause(501), milliseconds(0));
    EXPECT_LE(back_off.pause(~0U), milliseconds(500));
}

} // namespace
} // namespace coax
