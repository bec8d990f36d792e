// SPDX-License-Identifier: Apache-2.0
#include "store/world.h"

namespace coax::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string every_byte() {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte)
        bytes.push_back(static_cast<char>(byte));
    return bytes;
}

TEST_P(StoreConformance, finds_nothing_in_an_empty_store) {
    const auto found = store().get("a");
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_FALSE(found->entry);
    const auto listing = store().list("");
    ASSERT_TRUE(listing.ok()) << listing.error().message();
    EXPECT_THAT(listing->entries, IsEmpty());
    EXPECT_EQ(listing->revision, found->revision);
}

TEST_P(StoreConformance, returns_what_was_put_with_its_revision) {
    const Revision before = revision();
    const Revision first = put("a", "one");
    EXPECT_GT(first, before);
    const auto found = other().get("a");
    ASSERT_TRUE(found.ok() && found->entry);
    EXPECT_EQ(*found->entry, (StoreEntry{"a", "one", first, {}}));
    EXPECT_GE(found->revision, first);

    const Revision second = put("a", "two");
    EXPECT_GT(second, first);
    EXPECT_EQ(value_of("a"), "two");
}

TEST_P(StoreConformance, keeps_every_byte_of_keys_and_values) {
    const std::string bytes = every_byte();
    const std::string zero("\0", 1);
    const std::string high = "\xff\xff";
    put(bytes, bytes);
    put(zero, "");
    put(high, zero);
    EXPECT_EQ(value_of(bytes), bytes);
    EXPECT_EQ(value_of(zero), "");
    EXPECT_EQ(value_of(high), zero);
    EXPECT_THAT(keys_below(""), ElementsAre(zero, bytes, high));
    EXPECT_THAT(keys_below(zero), ElementsAre(zero, bytes));
    EXPECT_THAT(keys_below("\xff"), ElementsAre(high));
}

TEST_P(StoreConformance, lists_what_is_below_a_prefix_and_nothing_beside_it) {
    for (const char *key :
         {"a", "a/", "a/1", "a/10", "a/2", "a/\xff", "a/\xff\xff", "a0", "b", "A/1"})
        put(key, "x");
    EXPECT_THAT(keys_below("a/"), ElementsAre("a/", "a/1", "a/10", "a/2", "a/\xff", "a/\xff\xff"));
    EXPECT_THAT(keys_below("a/1"), ElementsAre("a/1", "a/10"));
    EXPECT_THAT(keys_below("a/\xff"), ElementsAre("a/\xff", "a/\xff\xff"));
    EXPECT_THAT(keys_below("b"), ElementsAre("b"));
    EXPECT_THAT(keys_below("c"), IsEmpty());
    EXPECT_EQ(keys_below("").size(), 10U);
}

TEST_P(StoreConformance, lists_more_than_fits_in_one_answer) {
    constexpr int kRounds = 13;
    for (int round = 0; round < kRounds; ++round) {
        StoreTransaction many;
        for (std::size_t i = 0; i < kStoreOperationsMax; ++i)
            many.operations.push_back(StoreOperation::put(
                "many/" + std::to_string(10000 + round * 100 + static_cast<int>(i)), "v"));
        ASSERT_TRUE(store().commit(many).ok());
    }
    const auto keys = keys_below("many/");
    ASSERT_EQ(keys.size(), kRounds * kStoreOperationsMax);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    EXPECT_EQ(keys.front(), "many/10000");
    EXPECT_EQ(keys.back(), "many/11299");
}

TEST_P(StoreConformance, removes_a_key) {
    put("a", "one");
    const Revision before = put("b", "two");
    EXPECT_GT(remove("a"), before);
    EXPECT_EQ(value_of("a"), "(none)");
    EXPECT_THAT(keys_below(""), ElementsAre("b"));
}

TEST_P(StoreConformance, removing_what_is_not_there_is_no_change) {
    const Revision before = put("b", "two");
    auto events = watch("", Revision(before.value() + 1));
    EXPECT_GE(remove("a"), before);
    put("b", "three");
    EXPECT_THAT(texts_of(gather(*events, 1)), ElementsAre("put b=three"));
}

TEST_P(StoreConformance, takes_the_largest_and_refuses_more) {
    const std::string value(kStoreValueMaxBytes, 'v');
    const std::string key(kStoreKeyMaxBytes, 'k');
    put(key, value);
    EXPECT_TRUE(value_of(key) == value);

    const Revision before = revision();
    EXPECT_EQ(code_of(store().put(key, value + "v")), ErrorCode::kTooLarge);
    EXPECT_EQ(code_of(store().put(key + "k", "v")), ErrorCode::kTooLarge);
    EXPECT_EQ(code_of(store().put("", "v")), ErrorCode::kInvalid);
    EXPECT_EQ(code_of(store().get("")), ErrorCode::kInvalid);
    EXPECT_EQ(revision(), before);
}

TEST_P(StoreConformance, takes_the_largest_transaction_and_refuses_more) {
    StoreTransaction most;
    for (std::size_t i = 0; i < kStoreOperationsMax; ++i) {
        const std::string key = "key" + std::to_string(100 + i);
        most.compares.push_back(StoreCompare::absent(key));
        most.operations.push_back(StoreOperation::put(key, "v"));
    }
    const std::size_t used = 2 * 6 * kStoreOperationsMax + kStoreOperationsMax - 2;
    most.operations[0].value = std::string(kStoreValueMaxBytes, 'v');
    most.operations[1].value =
        std::string(kStoreTransactionMaxBytes - kStoreValueMaxBytes - used, 'v');
    const auto done = store().commit(most);
    ASSERT_TRUE(done.ok()) << done.error().message();

    StoreTransaction heavy = most;
    heavy.operations[1].value.push_back('v');
    EXPECT_EQ(code_of(store().commit(heavy)), ErrorCode::kTooLarge);
    StoreTransaction long_one;
    for (std::size_t i = 0; i <= kStoreOperationsMax; ++i)
        long_one.operations.push_back(StoreOperation::put("k" + std::to_string(i), "v"));
    const auto refused = store().commit(long_one);
    EXPECT_EQ(code_of(refused), ErrorCode::kTooLarge);
    EXPECT_THAT(refused.error().message(), HasSubstr("found 101; split it"));
}

TEST_P(StoreConformance, never_shows_a_value_in_an_error) {
    put("a", "hidden-one");
    StoreTransaction transaction;
    transaction.compares.push_back(StoreCompare::absent("a"));
    transaction.operations.push_back(StoreOperation::put("a", "hidden-two"));
    const auto refused = store().commit(transaction);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), Not(HasSubstr("hidden")));
    EXPECT_THAT(refused.error().message(), HasSubstr("\"a\""));
}

TEST_P(StoreConformance, has_everything_after_a_restart) {
    const StoreLease lease = grant(std::chrono::seconds(60));
    const Revision first = put("a", "one");
    put("b", "two", lease.id);
    remove("a");
    const Revision last = put("c", "three");
    if (!world().reopen())
        return;
    EXPECT_THAT(keys_below(""), ElementsAre("b", "c"));
    EXPECT_GE(revision(), last);
    EXPECT_THAT(texts_of(gather(*watch("", first), 4)),
                ElementsAre("put a=one", "put b=two", "removed a", "put c=three"));
    EXPECT_GT(put("c", "four"), last);
    EXPECT_TRUE(store().keep_alive(lease.id).ok());
    ASSERT_TRUE(store().revoke_lease(lease.id).ok());
    EXPECT_THAT(keys_below(""), ElementsAre("c"));
}

} // namespace
} // namespace coax::test
