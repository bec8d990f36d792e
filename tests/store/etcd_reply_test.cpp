// SPDX-License-Identifier: Apache-2.0
// Requests and replies are lost on the way: a change happens once or not at all, and is told right.
#include <future>

#include "harness/poll_until.h"
#include "harness/tcp_proxy.h"
#include "store/etcd_worlds.h"

namespace coax::test {
namespace {

using std::chrono::milliseconds;
using Mode = TcpProxy::Mode;

class EtcdReplyTest : public testing::Test {
  protected:
    EtcdReplyTest() {
        options_.endpoints = {"https://127.0.0.1:" + std::to_string(proxy_.port())};
        options_.attempt_timeout = milliseconds(300);
        store_ = open_etcd(options_);
        start_ = *direct_->put("start", "");
        EXPECT_TRUE(store_->get("start").ok());
    }

    /// Starts the commit with the proxy in this mode.
    std::future<Result<Revision>> begin(Mode mode, StoreTransaction transaction) {
        // A connection, a token and a slip are there.
        EXPECT_TRUE(store_->put("warm", "").ok());
        proxy_.set(mode);
        return std::async(std::launch::async, [this, transaction = std::move(transaction)] {
            return store_->commit(transaction);
        });
    }
    std::string value_of(const std::string &key) {
        const auto found = direct_->get(key);
        return found.ok() && found->entry ? found->entry->value : "(none)";
    }
    void wait_for(const std::string &key, const std::string &value) {
        EXPECT_TRUE(poll_until([&] { return value_of(key) == value; })) << key;
    }
    std::vector<std::string> events_of(const std::string &key, std::size_t count) {
        auto watch = std::move(*direct_->watch(key, Revision(start_.value() + 1)));
        EXPECT_TRUE(direct_->put(key + "/end", "").ok());
        auto texts = texts_of(gather(*watch, count + 1));
        texts.pop_back();
        return texts;
    }

    EtcdOptions options_ = etcd_options();
    std::unique_ptr<Store> direct_ = open_etcd(options_);
    TcpProxy proxy_{etcd_cluster().address(0)};
    std::unique_ptr<Store> store_;
    Revision start_;
};

StoreTransaction claim(const std::string &key, const std::string &value) {
    StoreTransaction transaction;
    transaction.compares.push_back(StoreCompare::absent(key));
    transaction.operations.push_back(StoreOperation::put(key, value));
    return transaction;
}

TEST_F(EtcdReplyTest, a_claim_whose_reply_was_lost_is_not_a_conflict) {
    auto result = begin(Mode::kLoseReplies, claim("a", "mine"));
    wait_for("a", "mine");
    proxy_.set(Mode::kPass);
    const auto done = result.get();
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(*done, direct_->get("a")->entry->mod_revision);
    EXPECT_THAT(events_of("a", 1), testing::ElementsAre("put a=mine"));
}

TEST_F(EtcdReplyTest, it_is_known_to_have_happened_also_when_it_was_undone) {
    auto result = begin(Mode::kLoseReplies, claim("a", "mine"));
    wait_for("a", "mine");
    const Revision mine = direct_->get("a")->entry->mod_revision;
    ASSERT_TRUE(direct_->remove("a").ok());
    proxy_.set(Mode::kPass);
    const auto done = result.get();
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(*done, mine);
    EXPECT_THAT(events_of("a", 2), testing::ElementsAre("put a=mine", "removed a"));
}

TEST_F(EtcdReplyTest, a_put_whose_reply_was_lost_does_not_undo_a_later_one) {
    StoreTransaction put;
    put.operations.push_back(StoreOperation::put("a", "mine"));
    auto result = begin(Mode::kLoseReplies, put);
    wait_for("a", "mine");
    ASSERT_TRUE(direct_->put("a", "theirs").ok());
    proxy_.set(Mode::kPass);
    EXPECT_TRUE(result.get().ok());
    EXPECT_THAT(events_of("a", 2), testing::ElementsAre("put a=mine", "put a=theirs"));
}

TEST_F(EtcdReplyTest, a_claim_that_did_not_arrive_is_a_conflict_with_who_was_first) {
    auto result = begin(Mode::kLoseRequests, claim("a", "mine"));
    ASSERT_TRUE(direct_->put("a", "theirs").ok());
    proxy_.set(Mode::kPass);
    EXPECT_EQ(code_of(result.get()), ErrorCode::kConflict);
    EXPECT_THAT(events_of("a", 1), testing::ElementsAre("put a=theirs"));
    EXPECT_TRUE(store_->put("b", "1").ok());
}

TEST_F(EtcdReplyTest, a_put_that_did_not_arrive_is_sent_again) {
    StoreTransaction put;
    put.operations = {StoreOperation::put("a", "mine"), StoreOperation::remove("start")};
    auto result = begin(Mode::kLoseRequests, put);
    proxy_.set(Mode::kPass);
    EXPECT_TRUE(result.get().ok());
    EXPECT_THAT(events_of("a", 1), testing::ElementsAre("put a=mine"));
    EXPECT_EQ(value_of("start"), "(none)");
}

TEST_F(EtcdReplyTest, a_lease_whose_reply_was_lost_is_granted_once) {
    EXPECT_TRUE(store_->put("warm", "").ok());
    proxy_.set(Mode::kLoseReplies);
    auto result = std::async(std::launch::async,
                             [&] { return store_->grant_lease(std::chrono::seconds(600)); });
    EXPECT_EQ(result.wait_for(2 * options_.attempt_timeout), std::future_status::timeout);
    proxy_.set(Mode::kPass);
    const auto lease = result.get();
    ASSERT_TRUE(lease.ok()) << lease.error().message();
    EXPECT_TRUE(direct_->put("a", "1", lease->id).ok());
}

TEST_F(EtcdReplyTest, a_watch_that_hears_nothing_moves_on) {
    options_.quiet_check = milliseconds(100);
    options_.endpoints.push_back(etcd_cluster().endpoint(1));
    store_ = open_etcd(options_);
    auto watch = std::move(*store_->watch("a", Revision(start_.value() + 1)));
    ASSERT_TRUE(direct_->put("a", "1").ok());
    EXPECT_THAT(texts_of(gather(*watch, 1)), testing::ElementsAre("put a=1"));
    proxy_.set(Mode::kLoseReplies);
    ASSERT_TRUE(direct_->put("a", "2").ok());
    ASSERT_TRUE(direct_->remove("a").ok());
    EXPECT_THAT(texts_of(gather(*watch, 2)), testing::ElementsAre("put a=2", "removed a"));
}

} // namespace
} // namespace coax::test
