// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/registry/audit.h"
#include "controller/registry/change.h"
#include "lib/base/clock.h"
#include "lib/store/memory_store.h"
#include "store.pb.h"

namespace coax::controller {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr const char *kCounter = "coax/counter";

class WriterTest : public testing::Test {
  protected:
    /// Adds one, by reading and writing.
    static Status count(Change &change) {
        COAX_ASSIGN_OR_RETURN(const auto before, change.read(kCounter));
        const int value = before ? std::stoi(*before) : 0;
        change.put(kCounter, std::to_string(value + 1));
        change.note("counter.add", "counter", "");
        return {};
    }
    std::string stored(const std::string &key) {
        const auto found = store_->get(key);
        return found.ok() && found->entry ? found->entry->value : "";
    }
    std::size_t audit_lines() {
        const auto listing = store_->list("coax/audit/");
        return listing.ok() ? listing->entries.size() : 0;
    }

    SystemClock clock_;
    std::unique_ptr<Store> store_ = make_memory_store(clock_);
    Writer writer_{*store_, clock_, "one", 1000};
};

TEST_F(WriterTest, loses_no_change_of_many_threads_and_two_controllers) {
    constexpr int kThreads = 8;
    constexpr int kEach = 50;
    Writer other(*store_, clock_, "two", 1000);
    std::vector<std::thread> threads;
    std::atomic<int> done = 0;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([&, i] {
            Writer &writer = i % 2 == 0 ? writer_ : other;
            for (int k = 0; k < kEach; ++k) {
                const auto committed = writer.commit("test", count);
                if (committed.ok() && committed->value() > 0)
                    ++done;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(done, kThreads * kEach);
    EXPECT_EQ(stored(kCounter), std::to_string(kThreads * kEach));
    EXPECT_EQ(audit_lines(), static_cast<std::size_t>(kThreads * kEach));
}

TEST_F(WriterTest, an_error_writes_nothing_and_is_that_of_the_change) {
    const auto failed = writer_.commit("test", [](Change &change) -> Status {
        change.put(kCounter, std::string("7"));
        return Error(ErrorCode::kInvalid, "no");
    });
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().message(), "no");
    EXPECT_EQ(stored(kCounter), "");
    EXPECT_EQ(audit_lines(), 0U);
}

TEST_F(WriterTest, a_change_of_nothing_has_revision_zero) {
    const auto done = writer_.commit("test", [](Change &change) -> Status {
        COAX_TRY(change.read(kCounter));
        return {};
    });
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->value(), 0U);
}

TEST_F(WriterTest, gives_up_when_others_are_always_first) {
    int attempts = 0;
    const auto done = writer_.commit("test", [&](Change &change) -> Status {
        ++attempts;
        COAX_TRY(count(change));
        COAX_TRY(store_->commit({{}, {StoreOperation::put(kCounter, "1")}}));
        return {};
    });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), ErrorCode::kBusy);
    EXPECT_EQ(attempts, Writer::kAttempts);
}

class ChangeBatchTest : public WriterTest {
  protected:
    Change make() { return {*store_, batch_}; }

    ChangeBatch batch_{*store_};
};

TEST_F(ChangeBatchTest, a_change_sees_what_those_before_it_do) {
    ASSERT_TRUE(store_->commit({{}, {StoreOperation::put("coax/old", "there")}}).ok());
    Change first = make();
    first.put("coax/new", std::string("1"));
    first.remove("coax/old");
    batch_.add(first);
    Change second = make();
    EXPECT_EQ(*second.read("coax/new"), "1");
    EXPECT_EQ(*second.read("coax/old"), std::nullopt);
    EXPECT_THAT(second.compares(), IsEmpty()); // neither is the store's to say
    second.put("coax/new", std::string("2"));
    EXPECT_EQ(*second.read("coax/new"), "2");
    batch_.add(second);
    EXPECT_THAT(batch_.transaction().operations, SizeIs(2));
    ASSERT_TRUE(store_->commit(batch_.transaction()).ok());
    EXPECT_EQ(stored("coax/new"), "2");
    EXPECT_EQ(stored("coax/old"), "");
}

TEST_F(ChangeBatchTest, a_change_that_is_not_added_leaves_nothing) {
    Change refused = make();
    EXPECT_EQ(*refused.read("coax/a"), std::nullopt);
    refused.put("coax/a", std::string("1"));
    EXPECT_TRUE(batch_.empty());
    EXPECT_THAT(batch_.transaction().compares, IsEmpty());
}

TEST_F(ChangeBatchTest, what_was_read_must_still_be_so) {
    Change change = make();
    EXPECT_EQ(*change.read("coax/a"), std::nullopt);
    change.put("coax/b", std::string("1"));
    batch_.add(change);
    ASSERT_TRUE(store_->commit({{}, {StoreOperation::put("coax/a", "x")}}).ok());
    const auto done = store_->commit(batch_.transaction());
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code(), ErrorCode::kConflict);
}

TEST_F(ChangeBatchTest, who_lists_must_be_first) {
    Change change = make();
    ASSERT_TRUE(change.list<record::Token>("coax/token/").ok());
    EXPECT_TRUE(change.must_be_first());
}

TEST_F(ChangeBatchTest, has_room_for_what_a_transaction_may_hold) {
    for (std::size_t i = 0; i + 1 < kStoreOperationsMax; ++i) {
        Change change = make();
        change.put("coax/" + std::to_string(i), std::string("x"));
        ASSERT_TRUE(batch_.has_room(change));
        batch_.add(change);
    }
    Change change = make();
    change.put("coax/more", std::string("x"));
    EXPECT_FALSE(batch_.has_room(change)); // an audit line would be too much
    EXPECT_TRUE(store_->commit(batch_.transaction()).ok());
}

TEST_F(ChangeBatchTest, has_no_room_for_more_bytes_than_a_transaction_may_hold) {
    Change large = make();
    large.put("coax/large", std::string(kStoreTransactionMaxBytes / 2, 'x'));
    EXPECT_FALSE(batch_.has_room(large));
}

} // namespace
} // namespace coax::controller
