// SPDX-License-Identifier: Apache-2.0
#include "agent/control/update_parts.h"

#include <gtest/gtest.h>

namespace coax {
namespace {

using controller::v1::Update;

Update part(bool first, bool last, std::uint64_t revision = 1) {
    Update made;
    made.set_first(first);
    made.set_last(last);
    made.set_revision(revision);
    made.set_store_id("store");
    made.add_nodes()->set_id(revision);
    return made;
}

TEST(UpdateParts, become_a_whole_with_the_last) {
    UpdateParts parts;
    EXPECT_FALSE(parts.add(part(true, false)).value());
    EXPECT_FALSE(parts.add(part(false, false)).value());
    const auto whole = parts.add(part(false, true));
    ASSERT_TRUE(whole.ok());
    ASSERT_TRUE(whole.value());
    EXPECT_EQ((*whole)->nodes_size(), 3);
    EXPECT_TRUE(parts.add(part(true, true, 2)).value());
}

TEST(UpdateParts, out_of_order_are_an_error_that_forgets_them) {
    UpdateParts parts;
    EXPECT_FALSE(parts.add(part(false, true)).ok());
    EXPECT_TRUE(parts.add(part(true, false)).ok());
    EXPECT_FALSE(parts.add(part(true, false)).ok());
    EXPECT_TRUE(parts.add(part(true, true)).value()) << "a fresh start";
}

TEST(UpdateParts, of_different_updates_do_not_mix) {
    UpdateParts parts;
    EXPECT_TRUE(parts.add(part(true, false, 1)).ok());
    EXPECT_FALSE(parts.add(part(false, true, 2)).ok());
    EXPECT_TRUE(parts.add(part(true, false, 1)).ok());
    Update other = part(false, true, 1);
    other.set_store_id("another");
    EXPECT_FALSE(parts.add(other).ok());
    EXPECT_TRUE(parts.add(part(true, false, 1)).ok());
    Update snapshot = part(false, true, 1);
    snapshot.set_snapshot(true);
    EXPECT_FALSE(parts.add(snapshot).ok());
}

TEST(UpdateParts, are_bounded_in_sum) {
    UpdateParts parts;
    Update large = part(true, false);
    large.set_revocations(std::string(kUpdateBytesMax / 2, 'x'));
    EXPECT_TRUE(parts.add(large).ok());
    large.set_first(false);
    const auto second = parts.add(large);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), ErrorCode::kTooLarge);
}

} // namespace
} // namespace coax
