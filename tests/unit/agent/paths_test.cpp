// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/paths.h"

#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using test::key;

constexpr Path kFirstToFirst{KeySet::kFirst, KeySet::kFirst};
constexpr Path kFirstToSecond{KeySet::kFirst, KeySet::kSecond};
constexpr Path kSecondToFirst{KeySet::kSecond, KeySet::kFirst};
constexpr Path kSecondToSecond{KeySet::kSecond, KeySet::kSecond};
constexpr std::array kAll{kFirstToFirst, kFirstToSecond, kSecondToFirst, kSecondToSecond};

/// Beta with keys 2 of the first and 12 of the second set, as far as it has them.
Peer beta(KeySet in_use, bool changing) {
    Peer peer = test::example_state().peers.at(NodeId(2));
    const PublicKey first = key(2);
    const PublicKey second = key(12);
    peer.key_set = in_use;
    peer.keys = {in_use == KeySet::kFirst ? first : second};
    if (changing)
        peer.next_keys = {in_use == KeySet::kFirst ? second : first};
    return peer;
}

Sessions sessions_of(const std::vector<Path> &up) {
    Sessions sessions;
    for (const Path &path : up)
        sessions[{path.from, 0}].insert(path.to == KeySet::kFirst ? key(2) : key(12));
    return sessions;
}

Path chosen(const OwnSets &own, const Peer &peer, Path present, const std::vector<Path> &up) {
    return choose_path(test::example_state(), own, peer, present, sessions_of(up));
}

constexpr OwnSets kSettled{KeySet::kFirst, false};
constexpr OwnSets kChanging{KeySet::kFirst, true};

TEST(Paths, moves_when_there_is_a_session_and_not_before) {
    const Peer peer = beta(KeySet::kFirst, true);
    EXPECT_EQ(chosen(kSettled, peer, kFirstToFirst, {kFirstToFirst}), kFirstToFirst);
    EXPECT_EQ(chosen(kSettled, peer, kFirstToFirst, {kFirstToFirst, kFirstToSecond}),
              kFirstToSecond);
    EXPECT_EQ(chosen(kSettled, peer, kFirstToFirst, {}), kFirstToFirst);
}

TEST(Paths, does_not_go_back_when_a_session_is_old) {
    EXPECT_EQ(chosen(kSettled, beta(KeySet::kFirst, true), kFirstToSecond, {kFirstToFirst}),
              kFirstToSecond);
}

TEST(Paths, both_change_at_once_and_meet_at_the_newest_of_both) {
    const Peer peer = beta(KeySet::kFirst, true);
    EXPECT_EQ(chosen(kChanging, peer, kFirstToFirst, {kSecondToFirst}), kSecondToFirst);
    EXPECT_EQ(chosen(kChanging, peer, kSecondToFirst, {kFirstToSecond}), kSecondToFirst)
        << "worse or as good: no reason to move";
    EXPECT_EQ(chosen(kChanging, peer, kSecondToFirst, {kSecondToSecond}), kSecondToSecond);
}

TEST(Paths, leaves_keys_that_are_gone_in_any_case) {
    EXPECT_EQ(chosen(kSettled, beta(KeySet::kSecond, false), kFirstToFirst, {}), kFirstToSecond);
    const OwnSets second{KeySet::kSecond, false};
    EXPECT_EQ(chosen(second, beta(KeySet::kFirst, false), kFirstToFirst, {}), kSecondToFirst);
}

TEST(Paths, waits_for_all_lanes) {
    DesiredState state = test::example_state();
    state.wireguard.lanes = 2;
    Peer peer = beta(KeySet::kFirst, true);
    peer.keys.push_back(key(3));
    peer.next_keys.push_back(key(13));
    Sessions sessions = sessions_of({kFirstToSecond});
    EXPECT_EQ(choose_path(state, kSettled, peer, kFirstToFirst, sessions), kFirstToFirst);
    sessions[{KeySet::kFirst, 1}].insert(key(13));
    EXPECT_EQ(choose_path(state, kSettled, peer, kFirstToFirst, sessions), kFirstToSecond);
}

// Every state of both ends, every present path, every choice of sessions.
TEST(Paths, never_takes_keys_that_are_not_there_and_moves_only_to_a_session) {
    for (unsigned bits = 0; bits < 1U << 10; ++bits) {
        const OwnSets own{bits & 1 ? KeySet::kSecond : KeySet::kFirst, (bits & 2) != 0};
        const Peer peer = beta(bits & 4 ? KeySet::kSecond : KeySet::kFirst, (bits & 8) != 0);
        const Path present = kAll[(bits >> 4) & 3];
        std::vector<Path> up;
        for (std::size_t i = 0; i < kAll.size(); ++i)
            if ((bits >> (6 + i)) & 1)
                up.push_back(kAll[i]);
        const Path path = chosen(own, peer, present, up);
        const auto is_there = [&](Path one) {
            return own.has(one.from) && (one.to == peer.key_set || !peer.next_keys.empty());
        };
        ASSERT_TRUE(is_there(path)) << bits;
        const bool has_session = std::ranges::find(up, path) != up.end();
        ASSERT_TRUE(path == present || has_session || !is_there(present)) << bits;
        if (std::ranges::find(up, best_path(own, peer)) != up.end()) {
            ASSERT_EQ(path, best_path(own, peer)) << bits;
        }
    }
}

TEST(Paths, table_holds_only_what_is_not_from_first_to_first) {
    DesiredState state = test::example_state();
    state.peers.at(NodeId(2)).key_set = KeySet::kSecond;
    const PathTable paths = paths_for(state, kSettled, {}, {});
    ASSERT_EQ(paths.size(), 1U);
    EXPECT_EQ(path_in(paths, state.vtep_of(NodeId(2)).v4_be()), kFirstToSecond);
    EXPECT_EQ(path_in(paths, state.vtep_of(NodeId(3)).v4_be()), kFirstToFirst);
}

} // namespace
} // namespace coax
