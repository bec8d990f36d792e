// SPDX-License-Identifier: Apache-2.0
// A controller in the hands of an attacker who has certified nodes of his own, expired and revoked
// ones, a CA that is no anchor, and everything honest nodes ever signed. Whatever he says, nobody
// is programmed with a key that the node of that id did not sign as its own, and honest nodes stay.
#include <random>

#include <gtest/gtest.h>

#include "agent/control/merge.h"
#include "agent/control/update_parts.h"
#include "unit/agent_control/overlay.h"

namespace coax {
namespace {

using controller::v1::Node;
using controller::v1::Update;
using test::HonestNode;
using test::kNow;

constexpr std::uint32_t kHonest = 6; // ids 2..7
constexpr int kRounds = 150;

class Attack {
  public:
    explicit Attack(std::uint32_t seed) : random_(seed) {
        for (std::uint32_t id = 2; id < 2 + kHonest; ++id) {
            honest_.emplace_back(id, ca_);
            past_.push_back(honest_.back().said()); // an older record to replay
            honest_.back().binding.epoch += 10;
            honest_.back().binding.lane_keys = {HonestNode::lane_key(1000 + id)};
            present_.push_back(honest_.back().said());
        }
        HonestNode revoked(20, ca_);
        list_.version = 1;
        list_.keys.insert(revoked.key.public_key());
        bad_.push_back(revoked.said());
        HonestNode expired(21, ca_);
        expired.certify(ca_, std::chrono::hours(0));
        bad_.push_back(expired.said());
        HonestNode uncertified(22, other_ca_);
        bad_.push_back(uncertified.said());
        HonestNode future(23, ca_);
        future.binding.not_before = kNow + std::chrono::hours(5);
        bad_.push_back(future.said());
        thief_.binding.lane_keys = honest_[0].binding.lane_keys; // certified, and a thief of keys
        bad_.push_back(thief_.said());
    }

    void run() {
        Update first;
        first.set_snapshot(true);
        first.set_first(true);
        first.set_last(true);
        for (const Node &node : present_)
            *first.add_nodes() = node;
        claims_.take(first, true, trust());
        for (int round = 0; round < kRounds; ++round) {
            attack();
            if (round % 10 == 0)
                claims_.recheck(trust());
            check();
        }
    }

  private:
    std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }
    const Node &any() {
        const auto &from = pick(3) == 0 ? past_ : pick(2) == 0 ? present_ : bad_;
        return from[pick(from.size())];
    }

    Node lie() {
        Node node = any();
        const Node &other = any();
        switch (pick(11)) {
        case 0: // a stolen place and VTEP
            node.set_id(2 + pick(kHonest));
            break;
        case 1: // a forged name
            node.set_name(other.name());
            break;
        case 2: // swapped keys
            node.set_binding(other.binding());
            break;
        case 3:
            node.set_certificate(other.certificate());
            break;
        case 4:
            node.mutable_binding()->resize(pick(node.binding().size() + 1));
            break;
        case 5:
            node.mutable_certificate()->resize(pick(node.certificate().size() + 1));
            break;
        case 6:
            if (!node.binding().empty())
                (*node.mutable_binding())[pick(node.binding().size())] ^=
                    static_cast<char>(1U << pick(8));
            break;
        case 7:
            if (!node.certificate().empty())
                (*node.mutable_certificate())[pick(node.certificate().size())] ^=
                    static_cast<char>(1U << pick(8));
            break;
        case 8:
            node.set_id(static_cast<std::uint32_t>(random_()));
            break;
        case 9:
            node.set_name(std::string(pick(5000), 'x'));
            break;
        default:
            node.set_binding(std::string(pick(20000), static_cast<char>(pick(256))));
        }
        return node;
    }

    void attack() {
        Update update;
        update.set_first(pick(8) != 0);
        update.set_last(pick(8) != 0);
        update.set_revision(pick(3));
        update.set_snapshot(pick(3) == 0);
        update.set_store_id(pick(3) == 0 ? "other" : "store");
        for (std::uint32_t i = pick(6); i > 0; --i)
            *update.add_nodes() = pick(3) == 0 ? any() : lie();
        for (std::uint32_t i = pick(3); i > 0; --i) {
            auto &gone = *update.add_gone_nodes();
            gone.set_id(pick(30));
            gone.set_why(pick(2) == 0 ? "revoked" : "removed_by_operator");
        }
        for (std::uint32_t i = pick(2); i > 0; --i) {
            auto &network = *update.add_networks();
            network.set_name(pick(2) == 0 ? "data" : "");
            network.set_vni(static_cast<std::uint32_t>(random_()));
            network.add_subnets(pick(2) == 0 ? "100.64.0.0/10" : "10.0.0.0/8");
            network.add_members(static_cast<std::uint32_t>(random_()));
        }
        std::string bytes = update.SerializeAsString();
        if (pick(4) == 0)
            bytes.resize(pick(bytes.size() + 1)); // truncated
        Update heard;
        if (!heard.ParseFromString(bytes))
            return;
        const auto whole = parts_.add(heard);
        if (!whole.ok() || !whole.value())
            return;
        const bool same = (*whole)->store_id() == "store";
        claims_.take(**whole, same, trust());
        overlay_.take(**whole, same);
    }

    void check() {
        const WithAdditions merged = merge(file(), claims_, overlay_);
        for (const auto &[id, peer] : merged.state->peers) {
            ASSERT_TRUE(id.value() >= 2 && id.value() < 2 + kHonest) << id.value();
            const HonestNode &node = honest_[id.value() - 2];
            EXPECT_EQ(peer.name, node.name);
            EXPECT_EQ(peer.keys, node.binding.lane_keys) << "not the latest it signed";
        }
        EXPECT_EQ(merged.state->peers.size(), kHonest) << "an honest node is gone";
    }

    [[nodiscard]] ClaimTrust trust() const { return {anchors_, list_, OnExpiry::kWarn, kNow}; }
    static DesiredState file() {
        DesiredState state;
        state.node.id = NodeId(1);
        state.node.name = "storage1";
        state.overlay.vtep_pool = test::kPool;
        return state;
    }

    std::mt19937 random_;
    SshPrivateKey ca_ = test::make_key();
    SshPrivateKey other_ca_ = test::make_key();
    TrustAnchors anchors_ = test::anchors_of(ca_.public_key());
    RevocationList list_;
    HonestNode thief_{24, ca_};
    std::vector<HonestNode> honest_;
    std::vector<Node> past_;
    std::vector<Node> present_;
    std::vector<Node> bad_;
    Claims claims_{test::self()};
    OverlayView overlay_{NodeId(1)};
    UpdateParts parts_;
};

TEST(ClaimsProperty, no_word_of_a_controller_adds_a_peer_or_takes_one_away) {
    for (int i = 0; i < 20; ++i) {
        const std::uint32_t seed = std::random_device()();
        SCOPED_TRACE("seed " + std::to_string(seed));
        Attack(seed).run();
        if (testing::Test::HasFailure())
            break;
    }
}

} // namespace
} // namespace coax
