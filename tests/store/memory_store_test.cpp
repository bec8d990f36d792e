// SPDX-License-Identifier: Apache-2.0
#include "lib/store/memory_store.h"

#include "harness/fake_clock.h"
#include "store/world.h"

namespace coax::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kNow{0};

struct MemoryStoreTest : testing::Test {
    FakeClock clock;
    std::unique_ptr<Store> store = make_memory_store(clock);

    [[nodiscard]] bool has(std::string_view key) const {
        const auto found = store->get(key);
        return found.ok() && found->entry.has_value();
    }
    [[nodiscard]] LeaseId grant(seconds ttl) const { return store->grant_lease(ttl)->id; }
};

TEST_F(MemoryStoreTest, lease_ends_at_its_time_also_while_the_machine_sleeps) {
    ASSERT_TRUE(store->put("a", "1", grant(seconds(10))).ok());
    clock.advance(seconds(9));
    EXPECT_TRUE(has("a"));
    clock.suspend(seconds(1));
    EXPECT_FALSE(has("a"));
}

TEST_F(MemoryStoreTest, wall_clock_does_not_matter) {
    const LeaseId lease = grant(seconds(10));
    ASSERT_TRUE(store->put("a", "1", lease).ok());
    clock.set_system(clock.system_now() + std::chrono::hours(1000));
    EXPECT_TRUE(has("a"));
    EXPECT_TRUE(store->keep_alive(lease).ok());
}

TEST_F(MemoryStoreTest, keep_alive_gives_the_whole_time_again) {
    const LeaseId lease = grant(seconds(10));
    ASSERT_TRUE(store->put("a", "1", lease).ok());
    clock.advance(seconds(9));
    ASSERT_TRUE(store->keep_alive(lease).ok());
    clock.advance(seconds(9));
    EXPECT_TRUE(has("a"));
    clock.advance(seconds(1));
    EXPECT_EQ(code_of(store->keep_alive(lease)), ErrorCode::kNotFound);
    EXPECT_FALSE(has("a"));
}

TEST_F(MemoryStoreTest, all_leases_that_ended_go_as_one_change) {
    const LeaseId first = grant(seconds(5));
    const LeaseId second = grant(seconds(6));
    ASSERT_TRUE(store->put("a", "1", first).ok());
    const auto last = store->put("b", "1", second);
    auto watch = store->watch("", Revision(last->value() + 1));
    clock.advance(seconds(7));
    const auto update = (*watch)->next(kNow);
    ASSERT_TRUE(update.ok());
    ASSERT_EQ(update->events.size(), 2U);
    EXPECT_EQ(update->events[0].entry.mod_revision, update->events[1].entry.mod_revision);
}

TEST_F(MemoryStoreTest, history_is_bounded_by_bytes_and_by_whole_revisions) {
    constexpr std::size_t kBytes = 10'000;
    store = make_memory_store(clock, {.events = 1000, .bytes = kBytes});
    const std::string value(1000, 'v');
    StoreTransaction pair;
    pair.operations = {StoreOperation::put("a", value), StoreOperation::put("b", value)};
    Revision last;
    for (int i = 0; i < 10; ++i)
        last = *store->commit(pair);
    // 2002 bytes each: four fit.
    auto older = store->watch("", Revision(last.value() - 4));
    EXPECT_EQ((*older)->next(kNow)->kind, StoreUpdate::Kind::kListAgain);
    auto kept = store->watch("", Revision(last.value() - 3));
    EXPECT_EQ((*kept)->next(kNow)->events.size(), 8U);
}

TEST_F(MemoryStoreTest, an_update_is_bounded_but_splits_no_revision) {
    StoreTransaction many;
    for (std::size_t i = 0; i < 70; ++i)
        many.operations.push_back(StoreOperation::put(std::to_string(i), "v"));
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(store->commit(many).ok());
    auto watch = store->watch("", Revision(1));
    const auto first = (*watch)->next(kNow);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(first->events.size(), 15U * 70);
    EXPECT_EQ(first->revision, Revision(15));
    EXPECT_EQ((*watch)->next(kNow)->events.size(), 5U * 70);
}

} // namespace
} // namespace coax::test
