// SPDX-License-Identifier: Apache-2.0
#include "harness/poll_until.h"
#include "store/world.h"

namespace coax::test {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;

constexpr seconds kLong{600};

TEST_P(StoreConformance, keys_go_with_their_lease_and_not_before) {
    const auto began = steady_clock::now();
    const StoreLease lease = grant(seconds(1));
    EXPECT_GE(lease.ttl, seconds(1));
    put("l/a", "1", lease.id);
    put("l/b", "1", lease.id);
    const Revision last = put("l/c", "1");
    auto events = watch("l/", Revision(last.value() + 1));
    const auto told = gather(*events, 2);
    EXPECT_GE(steady_clock::now() - began, lease.ttl);
    EXPECT_THAT(texts_of(told), testing::UnorderedElementsAre("removed l/a", "removed l/b"));
    EXPECT_EQ(told[0].entry.mod_revision, told[1].entry.mod_revision);
    EXPECT_GT(told[0].entry.mod_revision, last);
    EXPECT_THAT(keys_below("l/"), ElementsAre("l/c"));
    EXPECT_EQ(code_of(store().keep_alive(lease.id)), ErrorCode::kNotFound);
}

TEST_P(StoreConformance, nobody_needs_to_watch_for_a_lease_to_end) {
    const StoreLease lease = grant(seconds(1));
    put("l/a", "1", lease.id);
    EXPECT_TRUE(poll_until([&] { return value_of("l/a") == "(none)"; }));
}

TEST_P(StoreConformance, a_lease_lives_as_long_as_it_is_kept_alive) {
    const StoreLease lease = grant(seconds(1));
    put("l/a", "1", lease.id);
    const auto end = steady_clock::now() + 2 * lease.ttl;
    EXPECT_TRUE(poll_until([&] {
        const auto asked = steady_clock::now();
        const auto kept = store().keep_alive(lease.id);
        const bool there = value_of("l/a") == "1";
        // A machine that stood still in between proves nothing.
        if (steady_clock::now() - asked < lease.ttl && kept.ok()) {
            EXPECT_TRUE(there);
        }
        return HasFailure() || !kept.ok() || steady_clock::now() > end;
    }));
}

TEST_P(StoreConformance, revoking_a_lease_removes_its_keys_at_once) {
    const StoreLease lease = grant(kLong);
    put("l/a", "1", lease.id);
    const Revision last = put("l/b", "1", lease.id);
    auto events = watch("l/", Revision(last.value() + 1));
    const auto revoked = other().revoke_lease(lease.id);
    ASSERT_TRUE(revoked.ok()) << revoked.error().message();
    EXPECT_GT(*revoked, last);
    EXPECT_TRUE(keys_below("l/").empty());
    EXPECT_EQ(gather(*events, 2).size(), 2U);
    EXPECT_TRUE(store().revoke_lease(lease.id).ok());
    EXPECT_EQ(code_of(store().keep_alive(lease.id)), ErrorCode::kNotFound);
}

TEST_P(StoreConformance, entries_name_their_lease) {
    const StoreLease lease = grant(kLong);
    const Revision start = put("l/a", "1", lease.id);
    const auto found = store().get("l/a");
    ASSERT_TRUE(found.ok() && found->entry);
    EXPECT_EQ(found->entry->lease, lease.id);
    EXPECT_EQ(gather(*watch("l/", start), 1)[0].entry.lease, lease.id);
}

TEST_P(StoreConformance, a_key_leaves_its_lease_when_it_is_put_without) {
    const StoreLease first = grant(kLong);
    const StoreLease second = grant(kLong);
    EXPECT_NE(first.id, second.id);
    put("l/free", "1", first.id);
    put("l/moved", "1", first.id);
    put("l/stays", "1", first.id);
    put("l/free", "2");
    put("l/moved", "2", second.id);
    ASSERT_TRUE(store().revoke_lease(first.id).ok());
    EXPECT_THAT(keys_below("l/"), ElementsAre("l/free", "l/moved"));
}

TEST_P(StoreConformance, a_put_with_a_lease_that_is_gone_changes_nothing) {
    const StoreLease lease = grant(kLong);
    ASSERT_TRUE(store().revoke_lease(lease.id).ok());
    StoreTransaction transaction;
    transaction.operations = {StoreOperation::put("l/a", "1"),
                              StoreOperation::put("l/b", "1", lease.id)};
    EXPECT_EQ(code_of(store().commit(transaction)), ErrorCode::kNotFound);
    EXPECT_TRUE(keys_below("l/").empty());
}

TEST_P(StoreConformance, refuses_a_lease_of_no_time) {
    EXPECT_EQ(code_of(store().grant_lease(seconds(0))), ErrorCode::kInvalid);
    EXPECT_EQ(code_of(store().grant_lease(seconds(-1))), ErrorCode::kInvalid);
    EXPECT_EQ(code_of(store().grant_lease(std::chrono::hours(24 * 366))), ErrorCode::kInvalid);
}

} // namespace
} // namespace coax::test
