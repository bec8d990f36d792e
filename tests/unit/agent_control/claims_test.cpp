// SPDX-License-Identifier: Apache-2.0
#include "agent/control/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/control/merge.h"
#include "lib/control/wire_state.h"
#include "unit/agent_control/overlay.h"

namespace coax {
namespace {

using test::HonestNode;
using test::kNow;
using testing::HasSubstr;

class ClaimsTest : public testing::Test {
  protected:
    bool say(const std::vector<controller::v1::Node> &nodes, bool snapshot = false,
             bool same_store = true) {
        controller::v1::Update update;
        for (const auto &node : nodes)
            *update.add_nodes() = node;
        update.set_snapshot(snapshot);
        return claims_.take(update, same_store, trust());
    }
    void gone(std::uint32_t id, const std::string &why = "lease_expired") {
        controller::v1::Update update;
        update.add_gone_nodes()->set_id(id);
        update.mutable_gone_nodes(0)->set_why(why);
        claims_.take(update, true, trust());
    }
    [[nodiscard]] ClaimTrust trust() const { return {anchors_, list_, on_expiry_, now_}; }
    [[nodiscard]] bool in_force(std::uint32_t id) const {
        const auto found = claims_.nodes().find(NodeId(id));
        return found != claims_.nodes().end() && found->second.peer.has_value();
    }
    [[nodiscard]] std::string reason(std::uint32_t id) const {
        const auto &node = claims_.nodes().at(NodeId(id));
        return node.refused ? node.refused->reason : "";
    }

    SshPrivateKey ca_ = test::make_key();
    TrustAnchors anchors_ = test::anchors_of(ca_.public_key());
    RevocationList list_;
    OnExpiry on_expiry_ = OnExpiry::kWarn;
    UnixTime now_ = kNow;
    int refusals_ = 0;
    Claims claims_{test::self(),
                   [this](NodeId, const std::string &, const ClaimRefusal &) { ++refusals_; }};
    HonestNode two_{2, ca_};
    HonestNode three_{3, ca_};
};

TEST_F(ClaimsTest, what_verifies_is_in_force) {
    EXPECT_TRUE(say({two_.said(), three_.said()}));
    EXPECT_TRUE(in_force(2));
    EXPECT_TRUE(in_force(3));
    EXPECT_FALSE(say({two_.said()})) << "the same again changes nothing";
}

TEST_F(ClaimsTest, a_bad_claim_leaves_the_good_one_in_force) {
    say({two_.said()});
    controller::v1::Node forged = two_.said();
    forged.mutable_binding()->back() ^= 1;
    say({forged});
    EXPECT_TRUE(in_force(2));
    EXPECT_EQ(reason(2), "bad_signature");
    EXPECT_EQ(refusals_, 1);
    say({forged});
    EXPECT_EQ(refusals_, 1) << "once for one claim";
    say({two_.said()});
    EXPECT_EQ(reason(2), "");
}

TEST_F(ClaimsTest, the_first_to_have_a_lane_key_keeps_it) {
    say({two_.said()});
    three_.binding.lane_keys = two_.binding.lane_keys;
    say({three_.said()});
    EXPECT_TRUE(in_force(2));
    EXPECT_FALSE(in_force(3));
    EXPECT_EQ(reason(3), ClaimRefusal::kKeyInUse);
    two_.binding.lane_keys = {HonestNode::lane_key(22)};
    two_.binding.epoch++;
    say({two_.said()});
    claims_.recheck(trust());
    EXPECT_TRUE(in_force(3)) << "free by then";
}

TEST_F(ClaimsTest, a_key_somebody_is_about_to_use_is_taken_too) {
    two_.binding.next_lane_keys = {HonestNode::lane_key(3)};
    say({two_.said(), three_.said()});
    EXPECT_EQ(reason(3), ClaimRefusal::kKeyInUse);
    claims_.reserve({{HonestNode::lane_key(4), NodeId(1)}});
    HonestNode four(4, ca_);
    say({four.said()});
    EXPECT_EQ(reason(4), ClaimRefusal::kKeyInUse);
}

TEST_F(ClaimsTest, nobody_else_is_this_node) {
    HonestNode other_me(1, ca_);
    say({other_me.said()});
    EXPECT_FALSE(in_force(1));
    EXPECT_EQ(reason(1), ClaimRefusal::kOwnPlace);
}

TEST_F(ClaimsTest, the_word_of_a_controller_removes_nobody) {
    say({two_.said(), three_.said()});
    gone(2, "revoked");
    say({}, true);
    EXPECT_TRUE(in_force(2));
    EXPECT_TRUE(in_force(3));
    EXPECT_EQ(claims_.nodes().at(NodeId(3)).gone->why, "removed");
    EXPECT_TRUE(claims_.forget([](NodeId) { return false; }).empty());
    const auto forgotten = claims_.forget([](NodeId id) { return id == NodeId(2); });
    ASSERT_EQ(forgotten.size(), 1U);
    EXPECT_EQ(forgotten[0].name, "storage2");
    EXPECT_EQ(forgotten[0].gone.why, "removed");
    EXPECT_FALSE(in_force(2));
    EXPECT_TRUE(in_force(3));
    say({three_.said()});
    EXPECT_FALSE(claims_.nodes().at(NodeId(3)).gone) << "back";
}

TEST_F(ClaimsTest, endpoints_of_nodes_that_are_no_peers_wait_for_them) {
    DesiredState file;
    file.node.id = NodeId(1);
    file.overlay.vtep_pool = test::kPool;
    controller::v1::Update update;
    Network network;
    network.name = "red";
    network.vni = Vni(100);
    *update.add_networks() = network_to_wire(network, true);
    auto &endpoint = *update.add_endpoints();
    endpoint.set_network("red");
    endpoint.set_mac("02:00:00:00:00:02");
    endpoint.set_node_id(2);
    OverlayView overlay(NodeId(1));
    overlay.take(update, true);
    const WithAdditions before = merge(file, claims_, overlay);
    EXPECT_TRUE(before.state->endpoints.empty());
    EXPECT_TRUE(before.left_out.empty()) << before.left_out[0].text;
    say({two_.said()});
    EXPECT_EQ(merge(file, claims_, overlay).state->endpoints.size(), 1U);
}

TEST_F(ClaimsTest, a_store_made_anew_marks_nobody_as_gone) {
    say({two_.said(), three_.said()});
    say({three_.said()}, true, false);
    EXPECT_FALSE(claims_.nodes().at(NodeId(2)).gone);
    EXPECT_TRUE(in_force(2));
}

TEST_F(ClaimsTest, revocation_cuts_whatever_the_controller_says) {
    say({two_.said(), three_.said()});
    list_.version = 1;
    list_.keys.insert(two_.key.public_key());
    EXPECT_TRUE(claims_.recheck(trust()));
    EXPECT_FALSE(in_force(2));
    EXPECT_EQ(reason(2), "revoked");
    EXPECT_TRUE(in_force(3));
    say({two_.said()});
    EXPECT_FALSE(in_force(2));
}

TEST_F(ClaimsTest, expiry_warns_or_cuts) {
    two_.certify(ca_, std::chrono::hours(2));
    say({two_.said()});
    now_ += std::chrono::hours(3);
    EXPECT_TRUE(claims_.recheck(trust()));
    EXPECT_TRUE(in_force(2));
    EXPECT_EQ(claims_.nodes().at(NodeId(2)).peer->tolerated->reason, RefusalReason::kExpired);
    EXPECT_FALSE(claims_.recheck(trust())) << "no news";
    on_expiry_ = OnExpiry::kCut;
    EXPECT_TRUE(claims_.recheck(trust()));
    EXPECT_FALSE(in_force(2));
    EXPECT_EQ(reason(2), "expired");
    two_.certify(ca_);
    EXPECT_TRUE(say({two_.said()}));
    EXPECT_TRUE(in_force(2));
    EXPECT_EQ(reason(2), "");
}

TEST_F(ClaimsTest, an_old_epoch_is_refused_also_after_a_restart) {
    const controller::v1::Node old = two_.said();
    two_.binding.epoch++;
    two_.binding.lane_keys = {HonestNode::lane_key(222)};
    say({two_.said()});
    Claims next(test::self());
    next.restore(NodeId(2), claims_.nodes().at(NodeId(2)), trust());
    EXPECT_TRUE(next.nodes().at(NodeId(2)).peer.has_value());
    controller::v1::Update update;
    *update.add_nodes() = old;
    next.take(update, true, trust());
    EXPECT_EQ(next.nodes().at(NodeId(2)).refused->reason, "old_epoch");
    EXPECT_EQ(next.nodes().at(NodeId(2)).peer->binding.lane_keys, two_.binding.lane_keys);
}

TEST_F(ClaimsTest, what_was_kept_is_verified_again) {
    say({two_.said()});
    Claims next(test::self());
    ClaimedNode kept = claims_.nodes().at(NodeId(2));
    kept.accepted.binding.back() ^= 1;
    next.restore(NodeId(2), std::move(kept), trust());
    EXPECT_FALSE(next.nodes().at(NodeId(2)).peer.has_value());
}

TEST_F(ClaimsTest, merge_takes_the_first_endpoint_with_room_for_all_lanes) {
    two_.binding.lane_keys = {HonestNode::lane_key(2), HonestNode::lane_key(20)};
    two_.binding.endpoints = {*SocketAddress::parse("192.0.2.2:65535"),
                              *SocketAddress::parse("192.0.2.2:51820")};
    say({two_.said()});
    const Peer peer = peer_of(NodeId(2), claims_.nodes().at(NodeId(2)), test::kPool);
    EXPECT_EQ(peer.endpoint, *SocketAddress::parse("192.0.2.2:51820"));
    EXPECT_EQ(peer.keys, two_.binding.lane_keys);
    EXPECT_EQ(peer.name, "storage2");
    EXPECT_EQ(peer.key_set, KeySet::kFirst);
}

TEST_F(ClaimsTest, tells_when_a_peer_in_force_has_other_keys) {
    say({two_.said()});
    EXPECT_FALSE(claims_.took_keys()) << "it was none before";
    two_.binding.next_lane_keys = {HonestNode::lane_key(20)};
    ++two_.binding.epoch;
    say({two_.said()});
    EXPECT_TRUE(claims_.took_keys());
    EXPECT_FALSE(claims_.took_keys()) << "told once";
    two_.binding.endpoints = {*SocketAddress::parse("192.0.2.77:51820")};
    ++two_.binding.epoch;
    say({two_.said()});
    EXPECT_FALSE(claims_.took_keys());
}

TEST_F(ClaimsTest, address_of_a_binding_says_which_of_the_two_sets_its_keys_are) {
    two_.binding.vtep = vtep_in(test::kPool, NodeId(2), KeySet::kSecond);
    two_.binding.next_lane_keys = {HonestNode::lane_key(20)};
    say({two_.said()});
    const Peer peer = peer_of(NodeId(2), claims_.nodes().at(NodeId(2)), test::kPool);
    EXPECT_EQ(peer.key_set, KeySet::kSecond);
    EXPECT_EQ(peer.next_keys, two_.binding.next_lane_keys);
}

} // namespace
} // namespace coax
