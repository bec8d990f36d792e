// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <thread>

#include "store/world.h"

namespace coax::test {
namespace {

using testing::ElementsAre;
using Kind = StoreUpdate::Kind;

constexpr std::chrono::milliseconds kMoment{20};

Revision after(Revision revision) {
    return Revision(revision.value() + 1);
}

TEST_P(StoreConformance, watch_tells_puts_and_removals_in_order) {
    const Revision start = put("w/a", "before");
    auto events = watch("w/", after(start));
    const Revision a = put("w/a", "one");
    const Revision b = put("w/b", "two");
    const Revision gone = remove("w/a");
    const auto told = gather(*events, 3);
    EXPECT_THAT(texts_of(told), ElementsAre("put w/a=one", "put w/b=two", "removed w/a"));
    EXPECT_EQ(told[0].entry.mod_revision, a);
    EXPECT_EQ(told[1].entry.mod_revision, b);
    EXPECT_EQ(told[2].entry.mod_revision, gone);
}

TEST_P(StoreConformance, watch_tells_what_happened_since_any_revision) {
    std::vector<Revision> revisions;
    std::vector<std::string> all;
    for (int i = 0; i < 12; ++i) {
        revisions.push_back(i % 4 == 3 ? remove("w/a") : put("w/a", std::to_string(i)));
        all.push_back(i % 4 == 3 ? "removed w/a" : "put w/a=" + std::to_string(i));
    }
    for (std::size_t from = 0; from < all.size(); ++from) {
        const std::vector<std::string> expected(all.begin() + static_cast<std::ptrdiff_t>(from),
                                                all.end());
        EXPECT_EQ(texts_of(gather(*watch("w/", revisions[from]), expected.size())), expected);
    }
}

TEST_P(StoreConformance, watch_goes_on_after_the_revision_it_told) {
    const Revision start = put("w/a", "0");
    put("w/a", "1");
    put("w/b", "2");
    StoreUpdate first = next_of(*watch("w/", after(start)));
    ASSERT_EQ(first.kind, Kind::kEvents);
    put("w/c", "3");
    auto texts = texts_of(first.events);
    auto events = watch("w/", after(first.revision));
    for (const auto &text : texts_of(gather(*events, 3 - first.events.size())))
        texts.push_back(text);
    EXPECT_THAT(texts, ElementsAre("put w/a=1", "put w/b=2", "put w/c=3"));
}

TEST_P(StoreConformance, watch_tells_only_what_is_below_its_prefix) {
    const Revision start = put("x", "0");
    auto inside = watch("w/", after(start));
    auto high = watch("w/\xff", after(start));
    auto all = watch("", after(start));
    for (const char *key : {"w", "w/", "v/\xff", "w/\xff\xff", "w/a", "w0", "w/\xff"})
        put(key, "1");
    remove("w");
    remove("w/\xff");
    EXPECT_THAT(
        texts_of(gather(*inside, 5)),
        ElementsAre("put w/=1", "put w/\xff\xff=1", "put w/a=1", "put w/\xff=1", "removed w/\xff"));
    EXPECT_THAT(texts_of(gather(*high, 3)),
                ElementsAre("put w/\xff\xff=1", "put w/\xff=1", "removed w/\xff"));
    EXPECT_EQ(gather(*all, 9).size(), 9U);
}

TEST_P(StoreConformance, watch_tells_one_transaction_in_one_update) {
    const Revision start = put("w/a", "0");
    auto events = watch("w/", after(start));
    StoreTransaction transaction;
    transaction.operations = {StoreOperation::put("w/b", "1"), StoreOperation::remove("w/a"),
                              StoreOperation::put("w/c", "1"), StoreOperation::put("x", "1")};
    const auto done = store().commit(transaction);
    ASSERT_TRUE(done.ok());
    const StoreUpdate update = next_of(*events);
    ASSERT_EQ(update.events.size(), 3U);
    for (const auto &event : update.events)
        EXPECT_EQ(event.entry.mod_revision, *done);
}

TEST_P(StoreConformance, watch_tells_every_change_once_while_many_write) {
    constexpr int kWriters = 4;
    constexpr int kEach = 30;
    const Revision start = put("x", "0");
    auto early = watch("w/", after(start));
    std::vector<std::thread> writers;
    for (int me = 0; me < kWriters; ++me) {
        writers.emplace_back([&, me] {
            Store &mine = me % 2 == 0 ? store() : other();
            for (int i = 0; i < kEach; ++i)
                EXPECT_TRUE(mine.put("w/" + std::to_string(me), std::to_string(i)).ok());
        });
    }
    const auto live = gather(*early, kWriters * kEach);
    for (auto &writer : writers)
        writer.join();
    const auto late = gather(*watch("w/", after(start)), kWriters * kEach);
    EXPECT_EQ(texts_of(live), texts_of(late));
    ASSERT_EQ(live.size(), static_cast<std::size_t>(kWriters * kEach));
    std::map<std::string, int> next;
    Revision last = start;
    for (const auto &event : live) {
        EXPECT_GT(event.entry.mod_revision, last);
        last = event.entry.mod_revision;
        EXPECT_EQ(event.entry.value, std::to_string(next[event.entry.key]++));
    }
}

TEST_P(StoreConformance, watch_carries_large_values) {
    const Revision start = put("x", "0");
    auto events = watch("w/", after(start));
    const std::string value(kStoreValueMaxBytes, 'v');
    for (int i = 0; i < 6; ++i)
        put("w/" + std::to_string(i), value);
    for (const auto &event : gather(*events, 6))
        EXPECT_TRUE(event.entry.value == value);
}

TEST_P(StoreConformance, watch_is_quiet_when_nothing_happens) {
    const Revision start = put("w/a", "0");
    auto events = watch("w/", after(start));
    const auto update = events->next(kMoment);
    ASSERT_TRUE(update.ok()) << update.error().message();
    EXPECT_EQ(update->kind, Kind::kQuiet);
    EXPECT_GE(update->revision, start);
    put("w/a", "1");
    EXPECT_THAT(texts_of(gather(*watch("w/", after(update->revision)), 1)),
                ElementsAre("put w/a=1"));
}

TEST_P(StoreConformance, watch_is_woken_by_a_change) {
    auto events = watch("w/", after(put("x", "0")));
    std::thread writer([&] { EXPECT_TRUE(other().put("w/a", "1").ok()); });
    EXPECT_THAT(texts_of(gather(*events, 1)), ElementsAre("put w/a=1"));
    writer.join();
}

TEST_P(StoreConformance, watch_ends_when_cancelled) {
    auto events = watch("w/", after(put("x", "0")));
    (void)events->next(kMoment);
    std::thread other_thread([&] { events->cancel(); });
    const StoreUpdate update = next_of(*events);
    other_thread.join();
    EXPECT_EQ(update.kind, Kind::kCancelled);
    EXPECT_EQ(next_of(*events).kind, Kind::kCancelled);
}

TEST_P(StoreConformance, watch_says_list_again_when_history_is_gone) {
    const Revision start = put("w/a", "0");
    auto sleeper = watch("w/", after(start));
    put("w/a", "1");
    world().forget_history();
    EXPECT_EQ(next_of(*watch("w/", after(start))).kind, Kind::kListAgain);

    const auto listing = store().list("w/");
    ASSERT_TRUE(listing.ok());
    ASSERT_EQ(listing->entries.size(), 1U);
    EXPECT_EQ(listing->entries[0].value, "1");
    auto again = watch("w/", after(listing->revision));
    put("w/a", "2");
    EXPECT_THAT(texts_of(gather(*again, 1)), ElementsAre("put w/a=2"));
    sleeper->cancel();
}

TEST_P(StoreConformance, watch_says_list_again_of_a_store_that_is_younger) {
    const Revision start = put("w/a", "0");
    EXPECT_EQ(next_of(*watch("w/", Revision(start.value() + 1'000'000))).kind, Kind::kListAgain);
    EXPECT_EQ(code_of(store().watch("w/", Revision(0))), ErrorCode::kInvalid);
}

} // namespace
} // namespace coax::test
