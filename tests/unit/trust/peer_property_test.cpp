// SPDX-License-Identifier: Apache-2.0
// The agent's rule against a controller that says anything: random parts of real, stale, stolen and
// forged records. Judged by where the parts came from, not by the rule's own checks.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "lib/trust/peer_rule.h"
#include "unit/trust/raw_certificate.h"
#include "unit/trust/sample_binding.h"

namespace coax::test {
namespace {

using std::chrono::hours;

constexpr std::uint32_t kMembers = 6; // the last one is a hostile member
constexpr std::uint64_t kFirstEpoch = 100;
constexpr int kClaims = 6000;

/// A node the operator certified, with all that it ever signed itself.
struct Member {
    NodeId id;
    std::string name;
    SshPrivateKey key = make_key();
    std::string certificate{}; // good from kNow - 1h until kNow + 24h
    std::vector<Binding> bindings{};
    std::vector<std::string> records{}; // signed, one per binding; the last is the present one
};

/// A record of anybody, and what it is about.
struct Record {
    NodeId node;
    std::string name;
    std::string bytes;
};

class World {
  public:
    World() {
        for (std::uint32_t i = 1; i <= kMembers; ++i)
            add_member(i);
        for (const Member &member : members_)
            forge(member);
    }

    Binding binding_of(const Member &member, std::uint64_t epoch) const {
        Binding binding = sample_binding();
        binding.node = member.id;
        binding.name = member.name;
        binding.vtep = IpAddress::v4((100U << 24U | 64U << 16U) + member.id.value());
        binding.lane_keys = {lane_key(static_cast<std::uint8_t>(10 * member.id.value())),
                             lane_key(static_cast<std::uint8_t>(epoch))};
        binding.epoch = epoch;
        binding.not_before = kNow - hours(1);
        binding.expires = kNow + hours(12);
        return binding;
    }

    std::vector<Member> members_;
    std::vector<std::string> certificates_; // of all kinds, good ones too
    std::vector<Record> records_;
    SshPrivateKey ca_ = make_key();
    SshPrivateKey other_ca_ = make_key();
    TrustAnchors anchors_ = anchors_of(ca_.public_key());

  private:
    void add_member(std::uint32_t id) {
        Member member{.id = NodeId(id), .name = "storage" + std::to_string(id)};
        CertificateFacts facts = host_facts(member.key.public_key());
        facts.principals = {member.name};
        facts.serial = id;
        if (id % 2 == 0)
            facts.principals.push_back(node_principal(member.id));
        member.certificate = must(make_certificate(facts, ca_)).blob;
        for (std::uint64_t epoch = kFirstEpoch; epoch < kFirstEpoch + 3; ++epoch) {
            member.bindings.push_back(binding_of(member, epoch));
            member.records.push_back(must(sign_binding(member.bindings.back(), member.key)));
            records_.push_back({member.id, member.name, member.records.back()});
        }
        certificates_.push_back(member.certificate);
        members_.push_back(std::move(member));
    }

    void add_record(const Binding &binding, SshPrivateKey &key) {
        records_.push_back({binding.node, binding.name, must(sign_binding(binding, key))});
    }

    /// What somebody might try with this member's name.
    void forge(const Member &member) {
        SshPrivateKey thief = make_key();
        for (SshPrivateKey *key : {&thief, &members_.back().key}) {
            RawCertificate raw(key->public_key(), ca_.public_key());
            raw.principals = pack({member.name});
            certificates_.push_back(raw.sign(other_ca_)); // signed by another than it says
            raw.ca = other_ca_.public_key().blob();
            certificates_.push_back(raw.sign(other_ca_));
            add_record(binding_of(member, kFirstEpoch + 9), *key);
        }
        weaken(member);
        claim_more(member);
    }

    /// Certificates of this CA for the member's key that are not enough.
    void weaken(const Member &member) {
        const auto make = [&](auto change) {
            RawCertificate raw(member.key.public_key(), ca_.public_key());
            raw.principals = pack({member.name});
            change(raw);
            certificates_.push_back(raw.sign(ca_));
        };
        make([](RawCertificate &raw) { raw.type = 1; });
        make([](RawCertificate &raw) { raw.principals = ""; });
        make([](RawCertificate &raw) { raw.principals = pack({"storage99"}); });
        make([](RawCertificate &raw) { raw.valid_before = raw.valid_after + 1; });
        make([](RawCertificate &raw) { raw.valid_after = raw.valid_before - 1; });
        make([](RawCertificate &raw) { raw.critical = pack({"unknown@coax", ""}); });
    }

    /// What the hostile member signs with its good identity.
    void claim_more(const Member &victim) {
        Member &thief = members_.back();
        const auto sign = [&](auto change) {
            Binding binding = binding_of(thief, kFirstEpoch + 5);
            change(binding);
            add_record(binding, thief.key);
        };
        const Binding theirs = binding_of(victim, kFirstEpoch + 5);
        if (victim.id == thief.id)
            return;
        sign([&](Binding &binding) { binding.vtep = theirs.vtep; });
        sign([&](Binding &binding) { binding.name = theirs.name; });
        sign([&](Binding &binding) {
            binding.node = theirs.node;
            binding.vtep = theirs.vtep;
        });
        sign([&](Binding &binding) { binding = theirs; });
        sign([&](Binding &binding) { // a free place
            binding.node = NodeId(kMembers + 1);
            binding.vtep = IpAddress::v4((100U << 24U | 64U << 16U) + kMembers + 1);
        });
        sign([&](Binding &binding) { binding.network_id = "rack-5"; });
    }
};

/// One agent: what it accepted, and the judge of that.
class PeerProperty : public testing::TestWithParam<OnExpiry> {
  protected:
    std::uint64_t below(std::uint64_t count) { return random_() % count; }
    template <typename T>
    const T &any(const std::vector<T> &all) {
        return all[below(all.size())];
    }
    std::string spoil(std::string bytes) {
        const std::size_t at = below(bytes.size());
        switch (below(6)) {
        case 0:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
            return bytes;
        case 1:
            return bytes.substr(0, at);
        case 2: {
            const std::string &other = any(world_.records_).bytes;
            return bytes.substr(0, at) + other.substr(std::min(at, other.size()));
        }
        default:
            return bytes;
        }
    }

    std::variant<VerifiedPeer, Refusal> ask(const PeerClaim &claim) const {
        const TrustContext context{.anchors = world_.anchors_,
                                   .revocations = revocations_,
                                   .network_id = "rack-4",
                                   .vtep_pool = pool_,
                                   .on_expiry = GetParam(),
                                   .now = now_};
        const auto last = accepted_.find(claim.node);
        return verify_peer(claim, context, last == accepted_.end() ? nullptr : &last->second);
    }

    /// Whether a peer that was accepted is what an honest world would have given.
    void judge(const PeerClaim &claim, const VerifiedPeer &peer) {
        ASSERT_LE(claim.node.value(), kMembers) << "nobody was certified for that";
        const Member &member = world_.members_.at(claim.node.value() - 1);
        const auto last = accepted_.find(claim.node);
        const bool running = GetParam() == OnExpiry::kWarn && last != accepted_.end();
        EXPECT_EQ(claim.name, member.name);
        EXPECT_EQ(peer.accepted.identity, member.key.public_key());
        // An older one of the same identity, which is over, does for a running peer.
        EXPECT_TRUE(claim.certificate == member.certificate ||
                    (running && peer.tolerated.has_value()))
            << "not what the operator signed";
        EXPECT_NE(std::find(member.bindings.begin(), member.bindings.end(), peer.binding),
                  member.bindings.end())
            << "not what this node signed";
        EXPECT_EQ(peer.binding.node, claim.node);
        EXPECT_FALSE(revocations_.keys.contains(member.key.public_key()));
        const bool in_time = now_ >= kNow - hours(1) && now_ < kNow + hours(12);
        EXPECT_TRUE(in_time || (running && last->second.epoch == peer.binding.epoch))
            << "out of its time, and not running";
        EXPECT_TRUE(in_time || peer.tolerated.has_value());
        EXPECT_TRUE(last == accepted_.end() || peer.binding.epoch >= last->second.epoch);
    }

    void take(const PeerClaim &claim, const std::variant<VerifiedPeer, Refusal> &verdict) {
        if (const auto *refusal = std::get_if<Refusal>(&verdict)) {
            seen_.insert(refusal->reason);
            EXPECT_NE(refusal->message, "");
            return;
        }
        const auto &peer = std::get<VerifiedPeer>(verdict);
        judge(claim, peer);
        accepted_[claim.node] = peer.accepted;
        ++acceptances_;
    }

    /// The world goes on: time, and once a revocation.
    void move(int round) {
        const std::array<int, 7> offsets = {0, 0, 0, 1, 13, 25, -2};
        now_ = kNow + hours(offsets.at(below(offsets.size())));
        if (round == kClaims / 2)
            revocations_ = {
                .version = 1, .issued = kNow, .keys = {world_.members_[2].key.public_key()}};
    }

    /// The test is worth what it provokes.
    void expect_provoked() const {
        using enum RefusalReason;
        for (const RefusalReason reason :
             {kMalformed, kUnsupported, kBadSignature, kWrongCa, kWrongType, kNoPrincipals,
              kWrongPrincipal, kCriticalOption, kExpired, kNotYetValid, kRevoked, kWrongNetwork,
              kOtherNode, kWrongVtep, kOldEpoch})
            EXPECT_TRUE(seen_.contains(reason)) << refusal_name(reason);
    }

    bool is_revoked(const Member &member) const {
        return revocations_.keys.contains(member.key.public_key());
    }

    World world_;
    std::mt19937_64 random_{20270115}; // NOLINT: the same run each time
    IpPrefix pool_ = must(IpPrefix::parse("100.64.0.0/10"));
    RevocationList revocations_;
    UnixTime now_ = kNow;
    std::map<NodeId, AcceptedPeer> accepted_;
    std::set<RefusalReason> seen_;
    int acceptances_ = 0;
};

TEST_P(PeerProperty, nothing_unverified_is_accepted_and_honest_nodes_always_are) {
    for (const Member &member : world_.members_) {
        const PeerClaim claim{member.id, member.name, member.certificate, member.records.front()};
        take(claim, ask(claim));
    }
    ASSERT_EQ(accepted_.size(), kMembers);
    for (int round = 0; round < kClaims; ++round) {
        move(round);
        const Member &named = any(world_.members_);
        const std::string certificate =
            below(2) == 0 ? named.certificate : spoil(any(world_.certificates_));
        Record record =
            below(2) == 0 ? Record{named.id, named.name, any(named.records)} : any(world_.records_);
        record.bytes = spoil(record.bytes);
        if (below(4) == 0)
            record.node = NodeId(1 + static_cast<std::uint32_t>(below(kMembers + 1)));
        if (below(4) == 0)
            record.name = any(world_.members_).name;
        const PeerClaim claim{record.node, record.name, certificate, record.bytes};
        take(claim, ask(claim));
        if (HasFailure())
            FAIL() << "round " << round;
    }
    EXPECT_GT(acceptances_, 100);
    expect_provoked();
    now_ = kNow;
    for (const Member &member : world_.members_) {
        const PeerClaim claim{member.id, member.name, member.certificate, member.records.back()};
        const auto verdict = ask(claim);
        EXPECT_EQ(std::holds_alternative<VerifiedPeer>(verdict), !is_revoked(member))
            << member.name;
    }
}

INSTANTIATE_TEST_SUITE_P(OnExpiry, PeerProperty, testing::Values(OnExpiry::kWarn, OnExpiry::kCut),
                         [](const auto &row) {
                             return row.param == OnExpiry::kWarn ? "warn" : "cut";
                         });

} // namespace
} // namespace coax::test
