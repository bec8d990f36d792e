// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "store/world.h"

namespace coax::test {
namespace {

constexpr int kThreads = 4;

template <typename Work>
void in_threads(Work work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([=] { work(i); });
    for (auto &thread : threads)
        thread.join();
}

TEST_P(StoreConformance, changes_all_keys_of_a_transaction_at_once) {
    put("a", "one");
    put("b", "one");
    StoreTransaction transaction;
    transaction.compares.push_back(StoreCompare::exists("a"));
    transaction.operations = {StoreOperation::put("a", "two"), StoreOperation::remove("b"),
                              StoreOperation::put("c", "two")};
    const auto done = store().commit(transaction);
    ASSERT_TRUE(done.ok()) << done.error().message();
    const auto listing = store().list("");
    ASSERT_TRUE(listing.ok());
    EXPECT_THAT(listing->entries, testing::ElementsAre(StoreEntry{"a", "two", *done, {}},
                                                       StoreEntry{"c", "two", *done, {}}));
}

TEST_P(StoreConformance, changes_nothing_when_one_compare_fails) {
    const Revision a = put("a", "one");
    const Revision b = put("b", "one");
    const std::vector<std::pair<const char *, StoreCompare>> rows = {
        {"absent, but there", StoreCompare::absent("a")},
        {"exists, but not there", StoreCompare::exists("c")},
        {"unchanged, but not there", StoreCompare::unchanged("c", a)},
        {"unchanged, but older", StoreCompare::unchanged("b", a)},
        {"unchanged, but never there", StoreCompare::unchanged("c", Revision(0))},
        {"unchanged since nothing", StoreCompare::unchanged("a", Revision(0))},
    };
    for (const auto &[name, compare] : rows) {
        StoreTransaction transaction;
        transaction.compares = {StoreCompare::unchanged("a", a), compare};
        transaction.operations = {StoreOperation::put("a", "two"), StoreOperation::remove("b"),
                                  StoreOperation::put("d", "two")};
        EXPECT_EQ(code_of(store().commit(transaction)), ErrorCode::kConflict) << name;
        EXPECT_EQ(value_of("a") + value_of("b") + value_of("d"), "oneone(none)") << name;
    }
    EXPECT_GE(revision(), b);
}

TEST_P(StoreConformance, a_transaction_may_only_compare) {
    const Revision a = put("a", "one");
    StoreTransaction question;
    question.compares = {StoreCompare::unchanged("a", a), StoreCompare::absent("b")};
    const auto holds = store().commit(question);
    ASSERT_TRUE(holds.ok()) << holds.error().message();
    EXPECT_GE(*holds, a);
    put("a", "two");
    EXPECT_EQ(code_of(store().commit(question)), ErrorCode::kConflict);
}

TEST_P(StoreConformance, refuses_two_operations_on_one_key) {
    StoreTransaction transaction;
    transaction.operations = {StoreOperation::put("a", "one"), StoreOperation::remove("a")};
    EXPECT_EQ(code_of(store().commit(transaction)), ErrorCode::kInvalid);
    EXPECT_EQ(value_of("a"), "(none)");
}

TEST_P(StoreConformance, one_of_many_creates_a_key) {
    for (int round = 0; round < 10; ++round) {
        const std::string key = "owner" + std::to_string(round);
        std::atomic<int> winners = 0;
        std::atomic<int> winner = -1;
        in_threads([&](int me) {
            StoreTransaction claim;
            claim.compares.push_back(StoreCompare::absent(key));
            claim.operations.push_back(StoreOperation::put(key, std::to_string(me)));
            const auto done = (me % 2 == 0 ? store() : other()).commit(claim);
            if (done.ok()) {
                ++winners;
                winner = me;
            } else {
                EXPECT_EQ(done.error().code(), ErrorCode::kConflict) << done.error().message();
            }
        });
        EXPECT_EQ(winners, 1);
        EXPECT_EQ(value_of(key), std::to_string(winner));
    }
}

TEST_P(StoreConformance, no_increment_is_lost_or_counted_twice) {
    constexpr int kEach = 20;
    put("counter", "0");
    in_threads([&](int me) {
        Store &mine = me % 2 == 0 ? store() : other();
        for (int done = 0; done < kEach;) {
            const auto found = mine.get("counter");
            ASSERT_TRUE(found.ok() && found->entry);
            StoreTransaction increment;
            increment.compares.push_back(
                StoreCompare::unchanged("counter", found->entry->mod_revision));
            increment.operations.push_back(
                StoreOperation::put("counter", std::to_string(std::stoi(found->entry->value) + 1)));
            const auto result = mine.commit(increment);
            if (result.ok())
                ++done;
            else
                ASSERT_EQ(result.error().code(), ErrorCode::kConflict) << result.error().message();
        }
    });
    EXPECT_EQ(value_of("counter"), std::to_string(kThreads * kEach));
}

TEST_P(StoreConformance, reads_are_of_one_moment_and_never_go_back) {
    constexpr int kRounds = 40;
    std::atomic<bool> written = false;
    std::thread writer([&] {
        for (int round = 0; round < kRounds; ++round) {
            StoreTransaction both;
            both.operations = {StoreOperation::put("pair/a", std::to_string(round)),
                               StoreOperation::put("pair/b", std::to_string(round))};
            EXPECT_TRUE(store().commit(both).ok());
        }
        written = true;
    });
    std::thread reader([&] {
        Revision last;
        int newest = -1;
        while (!written) {
            const auto listing = other().list("pair/");
            ASSERT_TRUE(listing.ok()) << listing.error().message();
            ASSERT_GE(listing->revision, last);
            last = listing->revision;
            if (listing->entries.empty())
                continue;
            ASSERT_EQ(listing->entries.size(), 2U);
            ASSERT_EQ(listing->entries[0].value, listing->entries[1].value);
            ASSERT_EQ(listing->entries[0].mod_revision, listing->entries[1].mod_revision);
            ASSERT_GE(std::stoi(listing->entries[0].value), newest);
            newest = std::stoi(listing->entries[0].value);
        }
    });
    writer.join();
    reader.join();
}

} // namespace
} // namespace coax::test
