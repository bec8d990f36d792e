// SPDX-License-Identifier: Apache-2.0
// Who is there: by a fake clock, packets as the data path would have seen them, and probes.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/liveness/liveness.h"
#include "harness/fake_clock.h"

namespace coax {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NodeId kBeta{2};
constexpr milliseconds kTick{500};

class LivenessTest : public testing::Test {
  protected:
    LivenessTest() { liveness_.set_peers({kBeta}); }

    std::uint64_t now_ns() {
        return static_cast<std::uint64_t>(
            std::chrono::nanoseconds(clock_.monotonic_now().time_since_epoch()).count());
    }
    void hear(NodeId peer = kBeta) { contacts_[peer].last_rx_ns = now_ns(); }
    /// What an answer to `probe` after `rtt` leaves in the maps.
    void answer(const Liveness::Probe &probe, milliseconds rtt = milliseconds(3)) {
        hear(probe.peer);
        contacts_[probe.peer].answered = probe.sequence;
        contacts_[probe.peer].rtt_ns =
            static_cast<std::uint64_t>(std::chrono::nanoseconds(rtt).count());
    }
    std::vector<Liveness::Probe> tick() {
        clock_.advance(kTick);
        for (const Liveness::Change &change : liveness_.update(contacts_))
            changes_.push_back(change);
        return liveness_.take_due();
    }
    /// Nobody answers; all probes of that time.
    std::vector<Liveness::Probe> ticks(seconds time) {
        std::vector<Liveness::Probe> all;
        for (auto end = clock_.monotonic_now() + time; clock_.monotonic_now() < end;) {
            const auto probes = tick();
            all.insert(all.end(), probes.begin(), probes.end());
        }
        return all;
    }
    [[nodiscard]] Presence presence() const { return liveness_.of(kBeta).presence; }

    FakeClock clock_;
    Liveness liveness_{clock_, 1};
    std::map<NodeId, NodeContact> contacts_;
    std::vector<Liveness::Change> changes_;
};

TEST_F(LivenessTest, answers_count_also_when_they_are_read_after_the_time_of_silence) {
    liveness_.set_options({.probe_after = milliseconds(400), .probes = 3});
    for (int i = 0; i < 100; ++i) {
        const auto probes = tick();
        EXPECT_NE(presence(), Presence::kDead);
        for (const auto &probe : probes)
            answer(probe);
    }
    EXPECT_EQ(presence(), Presence::kSilent);
}

TEST_F(LivenessTest, a_peer_that_talks_is_alive_and_never_probed) {
    for (int i = 0; i < 100; ++i) {
        hear();
        EXPECT_TRUE(tick().empty());
        EXPECT_EQ(presence(), Presence::kAlive);
    }
    EXPECT_TRUE(changes_.empty());
}

TEST_F(LivenessTest, a_silent_peer_is_probed_once_a_second_with_jitter) {
    hear();
    EXPECT_TRUE(ticks(seconds(9)).empty());
    EXPECT_EQ(presence(), Presence::kAlive);
    const auto probes = ticks(seconds(4));
    EXPECT_EQ(presence(), Presence::kSilent);
    ASSERT_GE(probes.size(), 2U);
    for (std::size_t i = 1; i < probes.size(); ++i) {
        EXPECT_GE(probes[i].sent_at - probes[i - 1].sent_at, seconds(1));
        EXPECT_NE(probes[i].sequence, probes[i - 1].sequence);
        EXPECT_EQ(probes[i].attempt, probes[i - 1].attempt + 1);
    }
}

TEST_F(LivenessTest, a_peer_that_answers_stays_alive_and_tells_the_round_trip) {
    hear();
    auto probes = ticks(seconds(12));
    ASSERT_FALSE(probes.empty());
    answer(probes.back());
    EXPECT_TRUE(tick().empty());
    EXPECT_EQ(presence(), Presence::kAlive);
    EXPECT_EQ(liveness_.of(kBeta).round_trip, milliseconds(3));
    EXPECT_EQ(liveness_.of(kBeta).unanswered, 0U);
    EXPECT_TRUE(changes_.empty()) << "silence alone is no news";
}

TEST_F(LivenessTest, a_peer_that_does_not_answer_is_dead_after_so_many_probes) {
    hear();
    const auto before = clock_.monotonic_now();
    std::size_t probes = 0;
    while (presence() != Presence::kDead) {
        probes += tick().size();
        ASSERT_LT(clock_.monotonic_now() - before, seconds(60));
    }
    EXPECT_GE(probes, 5U);
    EXPECT_LE(probes, 6U);
    EXPECT_LE(clock_.monotonic_now() - before, seconds(10) + 7 * seconds(1) + milliseconds(1250));
    ASSERT_EQ(changes_.size(), 1U);
    EXPECT_EQ(changes_[0].now, Presence::kDead);
    EXPECT_TRUE(liveness_.may_forget(kBeta));
}

TEST_F(LivenessTest, a_dead_peer_is_asked_now_and_then_and_comes_back) {
    ticks(seconds(30));
    ASSERT_EQ(presence(), Presence::kDead);
    const auto probes = ticks(seconds(60));
    EXPECT_GE(probes.size(), 4U);
    EXPECT_LE(probes.size(), 7U);
    answer(probes.back());
    tick();
    EXPECT_EQ(presence(), Presence::kAlive);
    EXPECT_FALSE(liveness_.may_forget(kBeta));
    EXPECT_EQ(changes_.back().before, Presence::kDead);
}

TEST_F(LivenessTest, an_agent_that_just_started_knows_nothing_and_asks) {
    contacts_[kBeta].last_rx_ns = now_ns(); // an hour ago, of the agent before
    clock_.advance(std::chrono::hours(1));
    liveness_.set_peers({});
    liveness_.set_peers({kBeta});
    tick();
    EXPECT_EQ(presence(), Presence::kUnknown);
    EXPECT_FALSE(liveness_.may_forget(kBeta));
    EXPECT_FALSE(ticks(seconds(2)).empty());
    EXPECT_EQ(presence(), Presence::kUnknown);
}

TEST_F(LivenessTest, an_agent_that_just_started_believes_what_came_just_now) {
    hear();
    tick();
    EXPECT_EQ(presence(), Presence::kAlive);
}

TEST_F(LivenessTest, a_peer_that_was_never_heard_is_dead_only_after_probes) {
    const auto probes = ticks(seconds(30));
    EXPECT_EQ(presence(), Presence::kDead);
    EXPECT_GE(probes.size(), 5U);
    EXPECT_FALSE(liveness_.of(kBeta).heard_at.has_value());
}

TEST_F(LivenessTest, probes_that_could_not_leave_prove_nothing) {
    for (int i = 0; i < 200; ++i) {
        for (const Liveness::Probe &probe : tick())
            liveness_.missed(probe);
        ASSERT_NE(presence(), Presence::kDead);
    }
}

TEST_F(LivenessTest, a_thousand_that_fall_silent_together_are_spread_and_bounded) {
    constexpr std::uint32_t kPeers = 1000;
    std::set<NodeId> all;
    for (std::uint32_t id = 2; id < 2 + kPeers; ++id) {
        all.insert(NodeId(id));
        hear(NodeId(id));
    }
    liveness_.set_options({.probe_after = seconds(10), .probes = 5, .probes_per_second = 500});
    liveness_.set_peers(all);
    std::size_t most = 0;
    std::set<NodeId> asked;
    for (int i = 0; i < 60; ++i) {
        const auto probes = tick();
        most = std::max(most, probes.size());
        for (const Liveness::Probe &probe : probes)
            asked.insert(probe.peer);
    }
    EXPECT_LE(most, 500U);
    EXPECT_EQ(asked.size(), kPeers) << "none is forgotten for want of budget";
}

TEST_F(LivenessTest, who_is_no_peer_is_unknown_and_kept) {
    EXPECT_EQ(liveness_.of(NodeId(9)).presence, Presence::kUnknown);
    EXPECT_FALSE(liveness_.may_forget(NodeId(9)));
    ticks(seconds(30));
    liveness_.set_peers({});
    EXPECT_FALSE(liveness_.may_forget(kBeta));
    liveness_.set_peers({kBeta});
    EXPECT_EQ(presence(), Presence::kUnknown) << "a peer that comes back is asked anew";
}

TEST_F(LivenessTest, a_stamp_of_the_future_does_not_keep_a_peer_alive_for_ever) {
    contacts_[kBeta].last_rx_ns = now_ns() + 3'600'000'000'000U;
    tick();
    contacts_[kBeta].last_rx_ns = now_ns();
    EXPECT_FALSE(ticks(seconds(20)).empty());
}

TEST_F(LivenessTest, counts_all_peers_by_presence) {
    liveness_.set_peers({kBeta, NodeId(3)});
    hear();
    tick();
    const auto counts = liveness_.counts();
    EXPECT_EQ(counts.at(Presence::kAlive), 1U);
    EXPECT_EQ(counts.at(Presence::kUnknown), 1U);
    EXPECT_EQ(counts.at(Presence::kDead), 0U);
}

} // namespace
} // namespace coax
