// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/store_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/poll_until.h"
#include "lib/store/memory_store.h"

namespace coax::controller {
namespace {

using coax::test::poll_until;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreFollowerTest : public testing::Test {
  protected:
    struct Told {
        std::vector<std::string> lines; // "+KEY VALUE", "-KEY"
        int began_anew = 0;
        int lists = 0;
        Revision revision;
    };

    void put(const std::string &key, const std::string &value) {
        ASSERT_TRUE(store_->put(key, value).ok());
    }
    std::unique_ptr<StoreFollower> follow(std::chrono::milliseconds relist_every) {
        StoreFollower::Options options;
        options.prefixes = {"c/id", "c/a/", "c/b/"};
        options.watched = "c/";
        options.identity_key = "c/id";
        options.patience = std::chrono::milliseconds(10);
        options.relist_every = relist_every;
        StoreFollower::Handlers handlers;
        handlers.news = [this](const StoreNews &news) { take(news); };
        handlers.trouble = [](const Error &error) { ADD_FAILURE() << error.message(); };
        handlers.answered = [] {};
        return std::make_unique<StoreFollower>(*store_, clock_, Log::to_stderr(LogLevel::kError),
                                               std::move(options), std::move(handlers));
    }
    void take(const StoreNews &news) {
        told_.with([&](Told &told) {
            told.began_anew += news.began_anew ? 1 : 0;
            told.lists += news.listed ? 1 : 0;
            EXPECT_TRUE(news.began_anew || news.revision >= told.revision);
            told.revision = news.revision;
            for (const StoreEvent &event : news.events)
                told.lines.push_back(event.kind == StoreEvent::Kind::kPut
                                         ? "+" + event.entry.key + " " + event.entry.value
                                         : "-" + event.entry.key);
        });
    }
    Told told() {
        return told_.with([](const Told &told) { return told; });
    }
    bool told_lines(std::size_t count) {
        return poll_until([&] { return told().lines.size() >= count; });
    }

    SystemClock clock_;
    std::unique_ptr<Store> store_ = make_memory_store(clock_);
    Guarded<Told> told_;
};

constexpr std::chrono::hours kNever{1};

TEST_F(StoreFollowerTest, tells_what_is_there_and_then_what_changes) {
    put("c/id", "x");
    put("c/a/1", "one");
    const auto follower = follow(kNever);
    ASSERT_TRUE(told_lines(2));
    put("c/b/1", "two");
    put("c/else/1", "is of no interest");
    ASSERT_TRUE(store_->remove("c/a/1").ok());
    ASSERT_TRUE(told_lines(4));
    EXPECT_THAT(told().lines, ElementsAre("+c/id x", "+c/a/1 one", "+c/b/1 two", "-c/a/1"));
    EXPECT_EQ(told().began_anew, 1);
}

TEST_F(StoreFollowerTest, lists_again_and_tells_nothing_twice) {
    put("c/id", "x");
    put("c/a/1", "one");
    const auto follower = follow(std::chrono::milliseconds(1));
    ASSERT_TRUE(poll_until([&] { return told().lists >= 5; }));
    put("c/a/1", "other");
    ASSERT_TRUE(told_lines(3));
    const int lists = told().lists;
    ASSERT_TRUE(poll_until([&] { return told().lists >= lists + 5; }));
    EXPECT_THAT(told().lines, ElementsAre("+c/id x", "+c/a/1 one", "+c/a/1 other"));
    EXPECT_EQ(told().began_anew, 1);
}

TEST_F(StoreFollowerTest, another_store_is_told_as_such_and_not_as_removals) {
    put("c/id", "x");
    put("c/a/1", "one");
    const auto follower = follow(kNever);
    ASSERT_TRUE(told_lines(2));
    StoreTransaction wipe;
    wipe.operations = {StoreOperation::remove("c/id"), StoreOperation::remove("c/a/1")};
    ASSERT_TRUE(store_->commit(wipe).ok());
    ASSERT_TRUE(poll_until([&] { return told().began_anew == 2; }));
    put("c/id", "y");
    put("c/a/2", "two");
    ASSERT_TRUE(poll_until([&] {
        const auto lines = told().lines;
        return !lines.empty() && lines.back() == "+c/a/2 two";
    }));
    for (const std::string &line : told().lines)
        EXPECT_NE(line.front(), '-') << line;
}

} // namespace
} // namespace coax::controller
