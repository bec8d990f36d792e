// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/peer_rule.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/certificate_check.h"
#include "lib/trust/signed_record.h"
#include "unit/trust/raw_certificate.h"
#include "unit/trust/sample_binding.h"

namespace coax::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

TEST(Refusals, have_distinct_names) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kRefusalReasons; ++i) {
        const std::string_view name = refusal_name(static_cast<RefusalReason>(i));
        EXPECT_NE(name, "");
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_EQ(refusal_name(RefusalReason::kMalformed), "malformed");
    EXPECT_EQ(refusal_name(RefusalReason::kWrongCa), "wrong_ca");
    EXPECT_EQ(refusal_name(RefusalReason::kListReused), "list_reused");
}

/// One honest node, and whatever a test changes about it.
class PeerRule : public testing::Test {
  protected:
    std::variant<VerifiedPeer, Refusal> verify(const AcceptedPeer *last = nullptr) {
        const std::string blob =
            raw_certificate_.empty() ? must(make_certificate(facts_, ca_)).blob : raw_certificate_;
        const std::string record =
            raw_binding_.empty() ? must(sign_binding(binding_, identity_)) : raw_binding_;
        const TrustContext context{anchors_, revocations_, "rack-4", pool_, on_expiry_, now_};
        return verify_peer({claimed_node_, claimed_name_, blob, record}, context, last);
    }
    VerifiedPeer accept(const AcceptedPeer *last = nullptr) {
        auto verdict = verify(last);
        if (auto *refusal = std::get_if<Refusal>(&verdict))
            throw std::runtime_error(refusal->message);
        return std::get<VerifiedPeer>(std::move(verdict));
    }
    void expect_refused(RefusalReason reason, const std::string &text,
                        const AcceptedPeer *last = nullptr) {
        const auto verdict = verify(last);
        const auto *refusal = std::get_if<Refusal>(&verdict);
        ASSERT_NE(refusal, nullptr) << refusal_name(reason) << ": " << text;
        EXPECT_EQ(refusal_name(refusal->reason), refusal_name(reason)) << refusal->message;
        EXPECT_THAT(refusal->message, HasSubstr(text));
    }

    SshPrivateKey ca_ = make_key();
    SshPrivateKey identity_ = make_key();
    CertificateFacts facts_ = host_facts(identity_.public_key());
    Binding binding_ = sample_binding();
    std::string raw_certificate_; // instead of facts_
    std::string raw_binding_;     // instead of binding_
    TrustAnchors anchors_ = anchors_of(ca_.public_key());
    RevocationList revocations_;
    IpPrefix pool_ = must(IpPrefix::parse("100.64.0.0/10"));
    OnExpiry on_expiry_ = OnExpiry::kWarn;
    UnixTime now_ = kNow;
    NodeId claimed_node_{1};
    std::string claimed_name_ = "storage1";
};

TEST_F(PeerRule, accepts_an_honest_node) {
    const VerifiedPeer peer = accept();
    EXPECT_EQ(peer.binding, binding_);
    EXPECT_EQ(peer.accepted.name, "storage1");
    EXPECT_EQ(peer.accepted.identity, identity_.public_key());
    EXPECT_EQ(peer.accepted.epoch, binding_.epoch);
    EXPECT_EQ(peer.certificate_left.left, hours(24));
    EXPECT_EQ(peer.binding_left.left, hours(1));
    EXPECT_FALSE(peer.tolerated.has_value());
}

TEST_F(PeerRule, accepts_any_of_several_cas) {
    anchors_.cas = {{make_key().public_key(), "old"}, {ca_.public_key(), "new"}};
    accept();
}

TEST_F(PeerRule, refuses_another_ca) {
    anchors_ = anchors_of(make_key().public_key());
    expect_refused(RefusalReason::kWrongCa, ca_.public_key().fingerprint());
    expect_refused(RefusalReason::kWrongCa, anchors_.cas[0].key.fingerprint());
}

TEST_F(PeerRule, refuses_a_certificate_for_somebody_else) {
    facts_.principals = {"storage2", "storage1.example.com"};
    expect_refused(RefusalReason::kWrongPrincipal,
                   "for \"storage2\", \"storage1.example.com\", expected \"storage1\"");
}

TEST_F(PeerRule, refuses_a_certificate_for_everybody) {
    RawCertificate raw(identity_.public_key(), ca_.public_key());
    raw.principals = "";
    raw_certificate_ = raw.sign(ca_);
    expect_refused(RefusalReason::kNoPrincipals, "no principals");
}

TEST_F(PeerRule, refuses_a_user_certificate) {
    facts_.type = CertificateType::kUser;
    expect_refused(RefusalReason::kWrongType,
                   "a user certificate, expected a host certificate: sign it with ssh-keygen's");
}

TEST_F(PeerRule, refuses_critical_options) {
    RawCertificate raw(identity_.public_key(), ca_.public_key());
    raw.critical = pack({"force-command", ""});
    raw_certificate_ = raw.sign(ca_);
    expect_refused(RefusalReason::kCriticalOption, "\"force-command\"");
}

TEST_F(PeerRule, does_not_mind_extensions) {
    RawCertificate raw(identity_.public_key(), ca_.public_key());
    raw.extensions = pack({"rack@example.com", ""});
    raw_certificate_ = raw.sign(ca_);
    accept();
}

TEST_F(PeerRule, refuses_what_is_revoked) {
    revocations_ = {.version = 9, .keys = {identity_.public_key()}};
    expect_refused(RefusalReason::kRevoked, "revoked by list version 9");
    revocations_ = {.version = 9, .serials = {{ca_.public_key(), 7}}};
    expect_refused(RefusalReason::kRevoked, "serial 7");
    revocations_ = {.version = 9, .keys = {ca_.public_key()}};
    expect_refused(RefusalReason::kRevoked, "revoked");
    revocations_ = {.version = 9, .serials = {{ca_.public_key(), 8}}};
    accept();
}

TEST_F(PeerRule, refuses_revoked_peers_also_when_they_run) {
    const AcceptedPeer last = accept().accepted;
    revocations_ = {.version = 9, .keys = {identity_.public_key()}};
    expect_refused(RefusalReason::kRevoked, "revoked", &last);
}

TEST_F(PeerRule, counts_the_bounds_of_validity_as_openssh_does) {
    facts_.valid_after = kNow;
    facts_.valid_before = kNow + seconds(1);
    accept();
    facts_.valid_after = kNow + seconds(1);
    facts_.valid_before = kNow + hours(1);
    expect_refused(RefusalReason::kNotYetValid, "certificate of \"storage1\" is valid from "
                                                "2027-01-15T08:00:01Z on, here it is "
                                                "2027-01-15T08:00:00Z");
    facts_.valid_after = kNow - hours(1);
    facts_.valid_before = kNow;
    expect_refused(RefusalReason::kExpired, "certificate of \"storage1\" was valid until "
                                            "2027-01-15T08:00:00Z");
}

TEST_F(PeerRule, counts_the_bounds_of_a_binding_alike) {
    binding_.not_before = kNow;
    binding_.expires = kNow + seconds(1);
    accept();
    binding_.not_before = kNow + seconds(1);
    binding_.expires = kNow + hours(1);
    expect_refused(RefusalReason::kNotYetValid, "binding of \"storage1\"");
    binding_.not_before = kNow - hours(1);
    binding_.expires = kNow;
    expect_refused(RefusalReason::kExpired, "binding of \"storage1\"");
}

TEST_F(PeerRule, takes_forever_for_an_answer) {
    facts_.valid_before = kForever;
    binding_.expires = kForever;
    const VerifiedPeer peer = accept();
    EXPECT_EQ(peer.certificate_left.left, seconds::max());
    EXPECT_FALSE(peer.certificate_left.soon());
    now_ = kForever + hours(1);
    EXPECT_FALSE(accept().tolerated.has_value());
}

TEST_F(PeerRule, keeps_or_cuts_a_running_peer_at_expiry_as_told) {
    const AcceptedPeer last = accept().accepted;
    now_ = kNow + hours(25); // both are over
    expect_refused(RefusalReason::kExpired, "certificate");
    const VerifiedPeer peer = accept(&last);
    ASSERT_TRUE(peer.tolerated.has_value());
    EXPECT_EQ(peer.tolerated->reason, RefusalReason::kExpired);
    EXPECT_THAT(peer.tolerated->message, HasSubstr("certificate"));
    EXPECT_EQ(peer.certificate_left.left, -hours(1));
    EXPECT_EQ(peer.binding_left.left, -hours(24));
    on_expiry_ = OnExpiry::kCut;
    expect_refused(RefusalReason::kExpired, "certificate", &last);
}

TEST_F(PeerRule, lets_a_running_peer_sign_on_after_its_certificate) {
    const AcceptedPeer last = accept().accepted;
    now_ = kNow + hours(25);
    binding_.epoch += 1;
    binding_.expires = kNow + hours(26);
    const VerifiedPeer peer = accept(&last);
    EXPECT_TRUE(peer.certificate_left.over());
    EXPECT_FALSE(peer.binding_left.over());
    EXPECT_TRUE(peer.tolerated.has_value());
    on_expiry_ = OnExpiry::kCut;
    expect_refused(RefusalReason::kExpired, "certificate", &last);
}

TEST_F(PeerRule, does_not_take_an_expired_record_that_was_not_running) {
    const AcceptedPeer last = accept().accepted;
    binding_.epoch += 1;
    binding_.expires = kNow;
    expect_refused(RefusalReason::kExpired, "binding", &last);
    binding_ = sample_binding();
    AcceptedPeer other = last;
    other.identity = make_key().public_key();
    other.epoch -= 1;
    now_ = kNow + hours(25);
    expect_refused(RefusalReason::kExpired, "certificate", &other);
}

TEST_F(PeerRule, keeps_a_running_binding_that_is_over_while_the_certificate_is_good) {
    const AcceptedPeer last = accept().accepted;
    now_ = kNow + hours(2);
    const VerifiedPeer peer = accept(&last);
    ASSERT_TRUE(peer.tolerated.has_value());
    EXPECT_THAT(peer.tolerated->message, HasSubstr("binding"));
}

/// A machine without a clock of its own comes up in 1970, with the peers it had.
TEST_F(PeerRule, keeps_or_cuts_running_peers_alike_when_the_clock_went_back) {
    const AcceptedPeer last = accept().accepted;
    now_ = UnixTime();
    expect_refused(RefusalReason::kNotYetValid, "check the clocks");
    const VerifiedPeer peer = accept(&last);
    ASSERT_TRUE(peer.tolerated.has_value());
    EXPECT_EQ(peer.tolerated->reason, RefusalReason::kNotYetValid);
    on_expiry_ = OnExpiry::kCut;
    expect_refused(RefusalReason::kNotYetValid, "check the clocks", &last);
    on_expiry_ = OnExpiry::kWarn;
    binding_.epoch += 1;
    expect_refused(RefusalReason::kNotYetValid, "binding", &last);
}

TEST_F(PeerRule, refuses_another_nodes_record) {
    claimed_node_ = NodeId(2);
    expect_refused(RefusalReason::kOtherNode,
                   "of node 1 (\"storage1\"), expected node 2 (\"storage1\")");
    claimed_node_ = NodeId(1);
    claimed_name_ = "storage2";
    expect_refused(RefusalReason::kOtherNode, "expected node 1 (\"storage2\")");
}

TEST_F(PeerRule, refuses_a_record_that_the_certified_key_did_not_sign) {
    SshPrivateKey thief = make_key();
    raw_binding_ = must(sign_binding(binding_, thief));
    expect_refused(RefusalReason::kBadSignature, thief.public_key().fingerprint());
}

TEST_F(PeerRule, tells_forgery_from_damage) {
    RawCertificate raw(identity_.public_key(), ca_.public_key());
    SshPrivateKey thief = make_key();
    raw_certificate_ = raw.sign(thief);
    expect_refused(RefusalReason::kBadSignature, "certificate of \"storage1\"");
    raw_certificate_ = "hello";
    expect_refused(RefusalReason::kMalformed, "certificate of \"storage1\"");
    raw_certificate_.clear();
    raw_binding_ = "hello";
    expect_refused(RefusalReason::kMalformed, "binding of \"storage1\"");
}

TEST_F(PeerRule, refuses_what_it_does_not_know) {
    RawCertificate raw(identity_.public_key(), ca_.public_key());
    raw.format = "ssh-rsa-cert-v01@openssh.com";
    raw_certificate_ = raw.sign(ca_);
    expect_refused(RefusalReason::kUnsupported, "ssh-rsa-cert-v01@openssh.com");
    raw_certificate_.clear();
    std::string later = binding_.encode();
    later[4 + 12 + 3] = 2;
    raw_binding_ = must(sign_record(later, kBindingNamespace, identity_));
    expect_refused(RefusalReason::kVersion, "update the older side");
}

TEST_F(PeerRule, does_not_read_what_is_too_large) {
    raw_certificate_ = std::string(kCertificateBytesMax + 1, 'x');
    expect_refused(RefusalReason::kTooLarge, "certificate of 8193 bytes, expected at most 8192");
    raw_certificate_.clear();
    raw_binding_ = std::string(kBindingBytesMax + 1, 'x');
    expect_refused(RefusalReason::kTooLarge, "binding of 8193 bytes, expected at most 8192");
}

TEST_F(PeerRule, refuses_a_record_for_another_overlay) {
    binding_.network_id = "rack-5";
    expect_refused(RefusalReason::kWrongNetwork, "for the overlay \"rack-5\", this one is");
}

TEST_F(PeerRule, refuses_a_vtep_that_is_not_the_nodes) {
    binding_.vtep = must(IpAddress::parse("100.64.0.2"));
    expect_refused(RefusalReason::kWrongVtep,
                   "has VTEP 100.64.0.2, node 1 has 100.64.0.1 in the pool 100.64.0.0/10");
}

TEST_F(PeerRule, address_of_the_node_says_which_keys_they_are) {
    accept();
    EXPECT_EQ(key_set_of(binding_, pool_), KeySet::kFirst);
    binding_.vtep = must(IpAddress::parse("100.96.0.1"));
    accept();
    EXPECT_EQ(key_set_of(binding_, pool_), KeySet::kSecond);
    binding_.vtep = must(IpAddress::parse("100.96.0.2"));
    expect_refused(RefusalReason::kWrongVtep, "has VTEP 100.96.0.2, node 1 has 100.64.0.1");
    EXPECT_EQ(key_set_of(binding_, pool_), std::nullopt);
}

TEST_F(PeerRule, refuses_a_node_id_past_the_pool) {
    pool_ = must(IpPrefix::parse("100.64.0.0/29"));
    claimed_node_ = NodeId(3);
    binding_.node = NodeId(3);
    binding_.vtep = must(IpAddress::parse("100.64.0.3"));
    accept();
    claimed_node_ = NodeId(4);
    binding_.node = NodeId(4);
    binding_.vtep = must(IpAddress::parse("100.64.0.4"));
    expect_refused(RefusalReason::kWrongVtep, "in the pool 100.64.0.0/29");
}

TEST_F(PeerRule, counts_from_the_base_of_the_pool) {
    pool_ = must(IpPrefix::parse("100.64.7.9/10"));
    accept();
}

TEST_F(PeerRule, refuses_old_epochs_and_two_records_of_one) {
    const AcceptedPeer last = accept().accepted;
    EXPECT_EQ(accept(&last).accepted, last) << "the same again";
    binding_.epoch += 1;
    const AcceptedPeer later = accept(&last).accepted;
    EXPECT_EQ(later.epoch, last.epoch + 1);
    binding_ = sample_binding();
    expect_refused(RefusalReason::kOldEpoch, "epoch 1800000000, epoch 1800000001 was accepted",
                   &later);
    binding_.lane_keys = {lane_key(77)};
    expect_refused(RefusalReason::kEpochReused, "two different bindings", &last);
}

TEST_F(PeerRule, keeps_a_node_id_with_its_node) {
    AcceptedPeer victim = accept().accepted;
    victim.name = "storage9";
    victim.epoch = 1;
    expect_refused(RefusalReason::kOtherNode, "node id 1 is \"storage9\" here, \"storage1\" claims",
                   &victim);
}

TEST_F(PeerRule, lets_a_node_come_back_with_a_new_identity) {
    AcceptedPeer before = accept().accepted;
    before.identity = make_key().public_key();
    before.epoch -= 1;
    accept(&before);
}

TEST_F(PeerRule, holds_a_certificate_to_the_node_ids_it_names) {
    EXPECT_EQ(node_principal(NodeId(17)), "node-17@coax");
    facts_.principals = {"storage1", "node-17@coax"};
    expect_refused(RefusalReason::kWrongPrincipal, "expected the principal node-1@coax");
    facts_.principals = {"storage1", "node-17@coax", "node-1@coax"};
    accept();
    facts_.principals = {"storage1", "node-1", "1@coax"};
    accept();
}

TEST(TimeLeftTest, is_soon_from_thirty_days_on) {
    EXPECT_FALSE(time_left(kNow + kExpirySoon + seconds(1), kNow).soon());
    EXPECT_TRUE(time_left(kNow + kExpirySoon, kNow).soon());
    EXPECT_FALSE(time_left(kNow + seconds(1), kNow).over());
    EXPECT_TRUE(time_left(kNow, kNow).over());
    EXPECT_TRUE(time_left(kNow - hours(1), kNow).soon());
}

TEST(CertificateCheck, takes_user_certificates_where_users_are_asked_for) {
    SshPrivateKey ca = make_key();
    CertificateFacts facts = host_facts(make_key().public_key());
    facts.type = CertificateType::kUser;
    facts.principals = {"alice"};
    const auto certificate = must(make_certificate(facts, ca));
    const auto check = [&](CertificateType type, std::string_view who) {
        return check_certificate(certificate, {type, who}, anchors_of(ca.public_key()), {});
    };
    EXPECT_FALSE(check(CertificateType::kUser, "alice").has_value());
    EXPECT_TRUE(check(CertificateType::kUser, "bob").has_value());
    EXPECT_TRUE(check(CertificateType::kUser, "").has_value());
    EXPECT_TRUE(check(CertificateType::kHost, "alice").has_value());
    facts.type = CertificateType::kHost;
    const auto host = must(make_certificate(facts, ca));
    const auto refusal =
        check_certificate(host, {CertificateType::kUser, "alice"}, anchors_of(ca.public_key()), {});
    ASSERT_TRUE(refusal.has_value());
    EXPECT_THAT(refusal->message, HasSubstr("sign it without ssh-keygen's option -h"));
}

TEST(CertificateCheck, shows_only_some_of_many_principals) {
    SshPrivateKey ca = make_key();
    CertificateFacts facts = host_facts(make_key().public_key());
    facts.principals.assign(9, "x\x1b[31m");
    const auto refusal =
        check_certificate(must(make_certificate(facts, ca)), {CertificateType::kHost, "storage1"},
                          anchors_of(ca.public_key()), {});
    ASSERT_TRUE(refusal.has_value());
    EXPECT_THAT(refusal->message,
                AllOf(HasSubstr("\"x\\x1b[31m\", ..., expected"), testing::Not(HasSubstr("\x1b"))));
}

} // namespace
} // namespace coax::test
