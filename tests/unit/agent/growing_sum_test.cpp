// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/growing_sum.h"

#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using test::key;

TEST(GrowingSum, starts_at_nothing_and_adds_what_grew) {
    GrowingSum sum;
    sum.update({{key(1), 1000}, {key(2), 50}});
    EXPECT_EQ(sum.total(), 0U);
    sum.update({{key(1), 1010}, {key(2), 55}});
    EXPECT_EQ(sum.total(), 15U);
}

TEST(GrowingSum, does_not_fall_when_a_peer_goes) {
    GrowingSum sum;
    sum.update({{key(1), 0}, {key(2), 0}});
    sum.update({{key(1), 10}, {key(2), 20}});
    sum.update({{key(2), 21}});
    EXPECT_EQ(sum.total(), 31U);
}

TEST(GrowingSum, counts_a_new_peer_and_one_that_was_made_anew_from_0) {
    GrowingSum sum;
    sum.update({{key(1), 100}});
    sum.update({{key(1), 7}, {key(2), 5}});
    EXPECT_EQ(sum.total(), 12U);
}

} // namespace
} // namespace coax
