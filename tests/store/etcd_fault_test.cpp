// SPDX-License-Identifier: Apache-2.0
// Members die, stand still and are cut off while clients write and watch.
#include <atomic>
#include <list>
#include <thread>

#include "harness/poll_until.h"
#include "store/etcd_worlds.h"

namespace coax::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

Revision after(Revision revision) {
    return Revision(revision.value() + 1);
}

/// Two clients that count up one key, each increment under a compare. Any error fails the test.
class Load {
  public:
    explicit Load(const EtcdOptions &options) {
        for (int i = 0; i < 2; ++i)
            threads_.emplace_back([this, options] { count(*open_etcd(options)); });
    }
    ~Load() { finish(); }
    Load(const Load &) = delete;
    Load &operator=(const Load &) = delete;

    /// Until so many more increments were answered.
    void wait_for(int more) {
        const int goal = done_ + more;
        EXPECT_TRUE(poll_until([&] { return done_ >= goal || testing::Test::HasFailure(); }));
    }
    /// How many were answered, in all.
    int finish() {
        ending_ = true;
        for (auto &thread : threads_)
            thread.join();
        threads_.clear();
        return done_;
    }

  private:
    void count(Store &store) {
        while (!ending_) {
            const auto found = store.get("count");
            ASSERT_TRUE(found.ok()) << found.error().message();
            const int now = found->entry ? std::stoi(found->entry->value) : 0;
            StoreTransaction next;
            next.compares.push_back(
                found->entry ? StoreCompare::unchanged("count", found->entry->mod_revision)
                             : StoreCompare::absent("count"));
            next.operations.push_back(StoreOperation::put("count", std::to_string(now + 1)));
            const auto done = store.commit(next);
            if (done.ok())
                ++done_;
            else
                ASSERT_EQ(done.error().code(), ErrorCode::kConflict) << done.error().message();
        }
    }

    std::atomic<int> done_ = 0;
    std::atomic<bool> ending_ = false;
    std::vector<std::thread> threads_;
};

/// A client that watches all that while.
class Follower {
  public:
    Follower(const EtcdOptions &options, Revision from) : store_(open_etcd(options)) {
        watch_ = std::move(*store_->watch("", from));
        thread_ = std::thread([this] {
            told_ = gather(*watch_, [](const auto &events) {
                return !events.empty() && events.back().entry.key == "end";
            });
        });
    }
    ~Follower() {
        if (thread_.joinable())
            thread_.join();
    }
    Follower(const Follower &) = delete;
    Follower &operator=(const Follower &) = delete;

    /// Everything up to the key "end".
    std::vector<std::string> all() {
        thread_.join();
        return texts_of(told_);
    }

  private:
    std::unique_ptr<Store> store_;
    std::unique_ptr<StoreWatch> watch_;
    std::vector<StoreEvent> told_;
    std::thread thread_;
};

struct Fault {
    std::string name;
    std::function<void(EtcdCluster &, std::size_t leader, std::size_t follower)> happen;
    friend std::ostream &operator<<(std::ostream &out, const Fault &fault) {
        return out << fault.name;
    }
};

class EtcdTest : public testing::Test {
  protected:
    ~EtcdTest() override { cluster.heal(); }
    EtcdCluster &cluster = etcd_cluster();
    EtcdOptions options = etcd_options();
};

class EtcdFaultTest : public EtcdTest, public testing::WithParamInterface<Fault> {};

TEST_P(EtcdFaultTest, nothing_is_lost_or_done_twice) {
    const auto store = open_etcd(options);
    const Revision start = store->get("count")->revision;
    std::list<Follower> followers;
    for (int i = 0; i < 3; ++i)
        followers.emplace_back(options, after(start));
    Load load(options);
    load.wait_for(20);
    const std::size_t leader = cluster.leader();
    GetParam().happen(cluster, leader, (leader + 1) % EtcdCluster::kMembers);
    load.wait_for(40);
    cluster.heal();
    load.wait_for(20);
    const int total = load.finish();
    EXPECT_EQ(store->get("count")->entry->value, std::to_string(total));
    std::vector<std::string> expected;
    for (int i = 1; i <= total; ++i)
        expected.push_back("put count=" + std::to_string(i));
    expected.push_back("put end=");
    EXPECT_TRUE(store->put("end", "").ok());
    for (auto &follower : followers)
        EXPECT_EQ(follower.all(), expected);
}

const std::vector<Fault> kFaults = {
    {"leader_killed", [](auto &cluster, auto leader, auto) { cluster.kill(leader); }},
    {"leader_stands_still", [](auto &cluster, auto leader, auto) { cluster.stop(leader); }},
    {"leader_alone_with_its_clients",
     [](auto &cluster, auto leader, auto) { cluster.set_peer_wire(leader, false); }},
    {"leader_cut_off",
     [](auto &cluster, auto leader, auto) {
         cluster.set_peer_wire(leader, false);
         cluster.set_client_wire(leader, false);
     }},
    {"follower_killed", [](auto &cluster, auto, auto follower) { cluster.kill(follower); }},
    {"follower_alone_with_its_clients",
     [](auto &cluster, auto, auto follower) { cluster.set_peer_wire(follower, false); }},
    {"follower_without_its_clients",
     [](auto &cluster, auto, auto follower) { cluster.set_client_wire(follower, false); }},
    {"all_restarted",
     [](auto &cluster, auto, auto) {
         for (std::size_t member = 0; member < EtcdCluster::kMembers; ++member)
             cluster.kill(member);
         cluster.heal();
     }},
};

INSTANTIATE_TEST_SUITE_P(etcd, EtcdFaultTest, testing::ValuesIn(kFaults),
                         [](const auto &row) { return row.param.name; });

TEST_F(EtcdTest, says_that_it_is_out_of_reach_and_goes_on_afterwards) {
    options.call_timeout = milliseconds(1500);
    options.attempt_timeout = milliseconds(500);
    const auto store = open_etcd(options);
    ASSERT_TRUE(poll_until([&] { return store->put("a", "1").ok(); }));
    const Revision start = store->get("a")->revision;
    auto watch = std::move(*store->watch("", after(start)));
    (void)watch->next(milliseconds(100));
    for (std::size_t member = 0; member < EtcdCluster::kMembers; ++member)
        cluster.kill(member);
    EXPECT_EQ(code_of(store->get("a")), ErrorCode::kUnavailable);
    const auto written = store->put("b", "1");
    ASSERT_EQ(code_of(written), ErrorCode::kUnavailable);
    EXPECT_THAT(written.error().message(), testing::HasSubstr("may have happened"));
    EXPECT_EQ(code_of(store->grant_lease(seconds(10))), ErrorCode::kUnavailable);
    EXPECT_TRUE(poll_until([&] {
        const auto update = watch->next(milliseconds(50));
        return !update.ok() && update.error().code() == ErrorCode::kUnavailable;
    }));
    cluster.heal();
    ASSERT_TRUE(poll_until([&] { return store->put("c", "1").ok(); }));
    EXPECT_EQ(store->get("a")->entry->value, "1");
    EXPECT_THAT(texts_of(gather(*watch, 1)), ElementsAre("put c=1"));
}

TEST_F(EtcdTest, a_watch_that_was_away_during_a_compaction_says_list_again) {
    const auto store = open_etcd(options);
    const Revision start = *store->put("a", "1");
    auto watch = std::move(*store->watch("", after(start)));
    ASSERT_TRUE(store->put("a", "2").ok());
    EXPECT_THAT(texts_of(gather(*watch, 1)), ElementsAre("put a=2"));
    // All streams break; nobody reads before history is gone.
    for (std::size_t member = 0; member < EtcdCluster::kMembers; ++member)
        cluster.kill(member);
    cluster.heal();
    const auto other = open_etcd(options);
    ASSERT_TRUE(other->put("a", "3").ok());
    ASSERT_TRUE(other->put("a", "4").ok());
    cluster.compact();
    // What it may still have been told before its stream broke comes first.
    std::vector<std::string> told;
    StoreUpdate update = next_of(*watch);
    for (; update.kind == StoreUpdate::Kind::kEvents; update = next_of(*watch))
        told = texts_of(update.events);
    EXPECT_EQ(update.kind, StoreUpdate::Kind::kListAgain);
    EXPECT_TRUE(told.empty());
    EXPECT_EQ(store->list("")->entries.at(0).value, "4");
}

TEST_F(EtcdTest, a_store_that_was_wiped_is_listed_again_and_written_again) {
    const auto store = open_etcd(options);
    Revision start;
    for (int i = 0; i < 50; ++i)
        start = *store->put("a", std::to_string(i));
    auto watch = std::move(*store->watch("", after(start)));
    ASSERT_TRUE(watch->next(milliseconds(50)).ok());
    cluster.wipe();
    EXPECT_EQ(next_of(*watch).kind, StoreUpdate::Kind::kListAgain);
    const auto listing = store->list("");
    ASSERT_TRUE(listing.ok()) << listing.error().message();
    EXPECT_TRUE(listing->entries.empty());
    EXPECT_LT(listing->revision, start);
    auto again = std::move(*store->watch("", after(listing->revision)));
    const auto written = store->put("a", "new");
    ASSERT_TRUE(written.ok()) << written.error().message();
    EXPECT_THAT(texts_of(gather(*again, 1)), ElementsAre("put a=new"));
}

TEST_F(EtcdTest, keys_go_with_their_lease_though_the_leader_dies) {
    const auto store = open_etcd(options);
    const auto began = std::chrono::steady_clock::now();
    const StoreLease lease = *store->grant_lease(seconds(2));
    ASSERT_TRUE(store->put("a", "1", lease.id).ok());
    cluster.kill(cluster.leader());
    EXPECT_TRUE(poll_until([&] {
        const auto found = store->get("a");
        return found.ok() && !found->entry;
    }));
    EXPECT_GE(std::chrono::steady_clock::now() - began, lease.ttl);
    EXPECT_EQ(code_of(store->keep_alive(lease.id)), ErrorCode::kNotFound);
}

TEST_F(EtcdTest, a_lease_is_kept_alive_over_a_change_of_leader) {
    const auto store = open_etcd(options);
    const StoreLease lease = *store->grant_lease(seconds(60));
    ASSERT_TRUE(store->put("a", "1", lease.id).ok());
    const std::size_t leader = cluster.leader();
    cluster.kill(leader);
    const auto kept = store->keep_alive(lease.id);
    ASSERT_TRUE(kept.ok()) << kept.error().message();
    EXPECT_GT(kept->ttl, seconds(0));
    cluster.heal();
    EXPECT_TRUE(store->get("a")->entry);
}

} // namespace
} // namespace coax::test
