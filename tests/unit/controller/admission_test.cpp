// SPDX-License-Identifier: Apache-2.0
// Who becomes a node, and who does not: every kind of bad input has its reason and its advice.
#include <array>
#include <atomic>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/wire.h"
#include "unit/controller/world.h"
#include "unit/trust/raw_certificate.h"

namespace coax::controller::test {
namespace {

using testing::HasSubstr;

class AdmissionTest : public testing::Test {
  protected:
    v1::Hello certified(const std::string &name, SshPrivateKey &key) {
        v1::Hello hello = world_.hello(name, key);
        hello.set_certificate(world_.certificate(name, key.public_key()));
        return hello;
    }
    void expect_refused(const v1::Hello &hello, std::string_view reason, const std::string &text) {
        const std::string before = world_.dump();
        const Admission outcome = world_.admit(hello);
        const auto *refused = std::get_if<Refused>(&outcome);
        ASSERT_NE(refused, nullptr) << reason;
        EXPECT_EQ(refused->reason, reason) << refused->text;
        EXPECT_THAT(refused->text, HasSubstr(text));
        EXPECT_EQ(world_.dump(), before) << "a refusal changed the store";
    }
    World world_;
    SshPrivateKey key_ = make_key();
};

TEST_F(AdmissionTest, takes_a_certified_node_with_a_token_at_once) {
    v1::Hello hello = certified("storage1", key_);
    hello.set_token_secret(world_.token());
    const Admission outcome = world_.admit(hello);
    const auto &admitted = std::get<Admitted>(outcome);
    EXPECT_EQ(admitted.node.id(), 1U);
    EXPECT_TRUE(admitted.is_new);
    EXPECT_EQ(admitted.node.certificate(), hello.certificate());
    const v1::Audit audit = world_.audit("node storage1");
    ASSERT_EQ(audit.lines_size(), 1);
    EXPECT_EQ(audit.lines(0).what(), "node.admit");
    EXPECT_EQ(audit.lines(0).who(), "agent storage1");
    EXPECT_EQ(audit.lines(0).controller(), "c1");
}

TEST_F(AdmissionTest, gives_a_known_identity_its_own_id_back_without_a_token) {
    SshPrivateKey other = make_key();
    EXPECT_EQ(world_.join("storage1", key_), NodeId(1));
    EXPECT_EQ(world_.join("storage2", other), NodeId(2));
    const std::string before = world_.dump();
    v1::Hello again = world_.hello("storage1", key_); // and the controller has its certificate
    const Admission outcome = world_.admit(again);
    EXPECT_EQ(std::get<Admitted>(outcome).node.id(), 1U);
    EXPECT_FALSE(std::get<Admitted>(outcome).is_new);
    EXPECT_EQ(world_.dump(), before) << "nothing is new, nothing is written";
}

TEST_F(AdmissionTest, waits_for_the_operator_without_a_certificate) {
    v1::Hello hello = world_.hello("storage1", key_);
    hello.set_token_secret(world_.token());
    Admission outcome = world_.admit(hello);
    EXPECT_THAT(std::get<Waiting>(outcome).text, HasSubstr("coax nodes approve storage1"));
    const std::string before = world_.dump();
    outcome = world_.admit(hello); // the reply was lost, or the agent started anew
    EXPECT_TRUE(std::holds_alternative<Waiting>(outcome));
    EXPECT_EQ(world_.dump(), before);
    v1::ApproveNodeRequest approval;
    approval.set_name("storage1");
    approval.set_certificate(world_.certificate("storage1", key_.public_key()));
    EXPECT_EQ(must(world_.admissions->approve(approval, "operator alice")).id(), 1U);
    outcome = world_.admit(hello);
    EXPECT_EQ(std::get<Admitted>(outcome).node.certificate(), approval.certificate());
    EXPECT_EQ(world_.audit("node storage1").lines(0).who(), "operator alice");
}

TEST_F(AdmissionTest, takes_the_newest_certificate_of_both_sides) {
    world_.join("storage1", key_);
    CertificateFacts facts = coax::test::host_facts(key_.public_key());
    facts.valid_after = kNow - std::chrono::minutes(1);
    facts.serial = 8;
    v1::ApproveNodeRequest renewal;
    renewal.set_name("storage1");
    renewal.set_certificate(world_.certificate(facts));
    must(world_.admissions->approve(renewal, "operator alice"));
    const Admission outcome = world_.admit(certified("storage1", key_));
    EXPECT_EQ(std::get<Admitted>(outcome).node.certificate(), renewal.certificate());
}

TEST_F(AdmissionTest, needs_no_token_where_none_is_required_or_the_store_was_made_anew) {
    v1::Hello hello = certified("storage1", key_);
    expect_refused(hello, kNoToken, "coax token create");
    hello.set_store_id("of a store that was wiped");
    hello.set_node_id(17);
    const Admission outcome = world_.admit(hello);
    EXPECT_EQ(std::get<Admitted>(outcome).node.id(), 17U);
    SshPrivateKey other = make_key();
    world_.admissions = world_.make_admissions(false, false);
    EXPECT_TRUE(std::holds_alternative<Admitted>(world_.admit(certified("storage2", other))));
}

TEST_F(AdmissionTest, certifies_in_labs_by_itself) {
    world_.admissions = world_.make_admissions(true, true);
    EXPECT_TRUE(world_.admissions->auto_admit());
    v1::Hello hello = world_.hello("storage1", key_);
    Admission outcome = world_.admit(hello);
    ASSERT_TRUE(std::get<Admitted>(outcome).auto_certified);
    const auto made =
        must(SshCertificate::from_blob(std::get<Admitted>(outcome).node.certificate()));
    EXPECT_EQ(made.facts.principals, std::vector<std::string>{"storage1"});
    EXPECT_EQ(made.facts.valid_before, kNow + std::chrono::days(30));
    outcome = world_.admit(hello);
    EXPECT_FALSE(std::get<Admitted>(outcome).auto_certified);
    world_.clock.advance(std::chrono::days(25));
    outcome = world_.admit(hello);
    EXPECT_TRUE(std::get<Admitted>(outcome).auto_certified) << "renewed before it is over";
}

struct BadHello {
    std::string name;
    std::function<void(World &, SshPrivateKey &, v1::Hello &)> spoil;
    std::string_view reason;
    std::string text;
};
class BadHellos : public AdmissionTest, public testing::WithParamInterface<BadHello> {};

TEST_P(BadHellos, are_refused_and_change_nothing) {
    v1::Hello hello = certified("storage1", key_);
    hello.set_token_secret(world_.token());
    GetParam().spoil(world_, key_, hello);
    expect_refused(hello, GetParam().reason, GetParam().text);
}

void certify(World &world, v1::Hello &hello, CertificateFacts facts) {
    hello.set_certificate(world.certificate(std::move(facts)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadHellos,
    testing::Values(
        BadHello{"protocol", [](World &, auto &, auto &h) { h.set_protocol(2); }, "version",
                 "expected protocol version 1, found 2: update the older"},
        BadHello{"name_of_a_path", [](World &, auto &, auto &h) { h.set_name("../x\n"); },
                 "malformed", "name: expected 1..63"},
        BadHello{"no_name", [](World &, auto &, auto &h) { h.clear_name(); }, "malformed", "name"},
        BadHello{"short_key", [](World &, auto &, auto &h) { h.set_public_key("x"); }, "malformed",
                 "public_key: expected 32 bytes, found 1"},
        BadHello{"long_version",
                 [](World &, auto &, auto &h) { h.set_version(std::string(65, 'v')); }, "malformed",
                 "version: expected at most 64"},
        BadHello{"no_proof", [](World &, auto &, auto &h) { h.clear_proof(); }, "bad_proof",
                 "proof"},
        BadHello{"proof_of_another_challenge",
                 [](World &w, auto &k, auto &h) {
                     ChallengeFacts facts = w.challenge();
                     facts.nonce[0] = 'm';
                     h.set_proof(must(prove(facts, "storage1", kHelloNamespace, k)));
                 },
                 "bad_proof", "does the node hold its private key?"},
        BadHello{"key_of_somebody_else",
                 [](World &, auto &, auto &h) {
                     h.set_public_key(std::string(text_of(make_key().public_key().bytes)));
                 },
                 "bad_proof", "expected a signature by"},
        BadHello{"damaged_certificate",
                 [](World &, auto &, auto &h) { h.mutable_certificate()->resize(100); },
                 "malformed", "certificate of \"storage1\""},
        BadHello{"huge_certificate",
                 [](World &, auto &, auto &h) { h.set_certificate(std::string(8193, 'c')); },
                 "too_large", "at most 8192 bytes"},
        BadHello{"wrong_ca",
                 [](World &, auto &k, auto &h) {
                     SshPrivateKey other = make_key();
                     h.set_certificate(
                         must(make_certificate(coax::test::host_facts(k.public_key()), other))
                             .blob);
                 },
                 "wrong_ca", "sign it with such a CA, or add this one to the file of anchors"},
        BadHello{"wrong_principal",
                 [](World &w, auto &k, auto &h) {
                     auto facts = coax::test::host_facts(k.public_key());
                     facts.principals = {"storage9"};
                     certify(w, h, facts);
                 },
                 "wrong_principal", "expected \"storage1\""},
        BadHello{"no_principals",
                 [](World &w, auto &k, auto &h) {
                     coax::test::RawCertificate raw(k.public_key(), w.ca.public_key());
                     raw.principals.clear();
                     h.set_certificate(raw.sign(w.ca));
                 },
                 "no_principals", "sign one for \"storage1\""},
        BadHello{"user_certificate",
                 [](World &w, auto &k, auto &h) {
                     auto facts = coax::test::host_facts(k.public_key());
                     facts.type = CertificateType::kUser;
                     certify(w, h, facts);
                 },
                 "wrong_type", "a user certificate, expected a host certificate"},
        BadHello{"expired",
                 [](World &w, auto &k, auto &h) {
                     auto facts = coax::test::host_facts(k.public_key());
                     facts.valid_before = kNow;
                     certify(w, h, facts);
                 },
                 "expired", "here it is 2027-01-15T08:00:00Z: have the key certified again"},
        BadHello{"not_yet_valid",
                 [](World &w, auto &k, auto &h) {
                     auto facts = coax::test::host_facts(k.public_key());
                     facts.valid_after = kNow + std::chrono::hours(1);
                     certify(w, h, facts);
                 },
                 "not_yet_valid",
                 "is valid from 2027-01-15T09:00:00Z on, here it is 2027-01-15T08:00:00Z: check "
                 "the clocks"},
        BadHello{"certificate_of_another_key",
                 [](World &w, auto &, auto &h) {
                     h.set_certificate(w.certificate("storage1", make_key().public_key()));
                 },
                 "other_node", "have that one certified"},
        BadHello{"tied_to_another_id",
                 [](World &w, auto &k, auto &h) {
                     auto facts = coax::test::host_facts(k.public_key());
                     facts.principals.push_back("node-5@coax");
                     certify(w, h, facts);
                     h.set_node_id(6);
                 },
                 "wrong_principal", "node-6@coax"},
        BadHello{"no_token", [](World &, auto &, auto &h) { h.clear_token_secret(); }, "no_token",
                 "coax token create"},
        BadHello{"token_of_no_form",
                 [](World &, auto &, auto &h) { h.set_token_secret("../cluster.x"); },
                 "unknown_token", "make another"},
        BadHello{"token_with_another_secret",
                 [](World &, auto &, auto &h) {
                     char &last = h.mutable_token_secret()->at(20);
                     last = last == 'A' ? 'B' : 'A';
                 },
                 "unknown_token", "make another"},
        BadHello{"token_of_a_secret_too_long",
                 [](World &, auto &, auto &h) { h.mutable_token_secret()->append("AAAA"); },
                 "unknown_token", "make another"},
        BadHello{"token_expired",
                 [](World &w, auto &, auto &h) {
                     h.set_token_secret(w.token(1, 60));
                     w.clock.advance(std::chrono::seconds(60));
                 },
                 "token_expired", "was good until 2027-01-15T08:01:00Z, here it is"},
        BadHello{"token_removed",
                 [](World &w, auto &, auto &h) {
                     must(w.tokens.remove(h.token_secret().substr(0, 10), "operator alice"));
                 },
                 "unknown_token", "or was removed"},
        BadHello{"id_past_the_pool",
                 [](World &, auto &, auto &h) { h.set_node_id(1U << 22); }, "id_taken",
                 "expected an id of 1..2097151"}),
    [](const auto &row) { return row.param.name; });

TEST_F(AdmissionTest, refuses_a_token_that_is_used_up) {
    const std::string token = world_.token();
    v1::Hello first = certified("storage1", key_);
    first.set_token_secret(token);
    EXPECT_TRUE(std::holds_alternative<Admitted>(world_.admit(first)));
    SshPrivateKey other = make_key();
    v1::Hello second = certified("storage2", other);
    second.set_token_secret(token);
    expect_refused(second, kTokenUsedUp, "has no uses left (1 nodes used it)");
}

TEST_F(AdmissionTest, refuses_a_second_node_of_one_name) {
    world_.join("storage1", key_);
    SshPrivateKey other = make_key();
    v1::Hello second = certified("storage1", other);
    second.set_token_secret(world_.token());
    expect_refused(second, kNameTaken, "remove the old one first (`coax nodes remove storage1`)");
    must(world_.nodes.remove("storage1", "operator alice"));
    EXPECT_EQ(std::get<Admitted>(world_.admit(second)).node.id(), 1U);
}

TEST_F(AdmissionTest, refuses_a_second_one_that_waits_under_one_name) {
    v1::Hello first = world_.hello("storage1", key_);
    first.set_token_secret(world_.token());
    EXPECT_TRUE(std::holds_alternative<Waiting>(world_.admit(first)));
    SshPrivateKey other = make_key();
    v1::Hello second = world_.hello("storage1", other);
    second.set_token_secret(world_.token());
    expect_refused(second, kNameTaken, "another node waits for approval as \"storage1\"");
}

TEST_F(AdmissionTest, refuses_one_identity_under_another_name_or_id) {
    world_.join("storage1", key_);
    expect_refused(certified("storage9", key_), "other_node", "is of node \"storage1\" here");
    v1::Hello hello = certified("storage1", key_);
    hello.set_node_id(9);
    expect_refused(hello, kIdTaken, "write id = 1 into its configuration");
    SshPrivateKey other = make_key();
    v1::Hello thief = certified("storage2", other);
    thief.set_token_secret(world_.token());
    thief.set_node_id(1);
    expect_refused(thief, kIdTaken, "node id 1 is another node's here");
}

TEST_F(AdmissionTest, refuses_what_is_revoked_with_and_without_a_certificate) {
    world_.join("storage1", key_);
    RevocationList list;
    list.version = 1;
    list.keys = {key_.public_key()};
    must(world_.revocations.put(must(sign_revocation_list(list, world_.ca)), *world_.anchors,
                                "operator alice"));
    expect_refused(world_.hello("storage1", key_), "revoked", "make a new key");
    SshPrivateKey other = make_key();
    v1::Hello by_serial = certified("storage2", other);
    by_serial.set_token_secret(world_.token());
    list.version = 2;
    list.serials = {{world_.ca.public_key(), 7}};
    must(world_.revocations.put(must(sign_revocation_list(list, world_.ca)), *world_.anchors,
                                "operator alice"));
    expect_refused(by_serial, "revoked", "list version 2");
}

TEST_F(AdmissionTest, takes_nobody_without_trust_anchors) {
    world_.anchors = std::make_shared<TrustAnchors>();
    v1::Hello hello = certified("storage1", key_);
    hello.set_token_secret(world_.token());
    expect_refused(hello, kNoTrustAnchors, "file of trust anchors");
}

TEST_F(AdmissionTest, refuses_approvals_that_do_not_certify_the_node) {
    v1::Hello hello = world_.hello("storage1", key_);
    hello.set_token_secret(world_.token());
    world_.admit(hello);
    const std::string before = world_.dump();
    v1::ApproveNodeRequest approval;
    approval.set_name("storage1");
    approval.set_certificate(world_.certificate("storage1", make_key().public_key()));
    auto approved = world_.admissions->approve(approval, "operator alice");
    ASSERT_FALSE(approved.ok());
    EXPECT_EQ(approved.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(approved.error().message(), HasSubstr("other_node"));
    for (const std::string name : {"storage2", "", "../../cluster"}) {
        approval.set_name(name);
        approved = world_.admissions->approve(approval, "operator alice");
        ASSERT_FALSE(approved.ok());
        EXPECT_EQ(approved.error().code(), ErrorCode::kNotFound);
    }
    EXPECT_EQ(world_.dump(), before);
}

TEST_F(AdmissionTest, fills_the_pool_and_no_more) {
    World small;
    small.store = make_memory_store(small.clock);
    Writer writer(*small.store, small.clock, "c1", 100);
    must(open_cluster(writer, "rack-4", must(IpPrefix::parse("192.0.2.0/29"))));
    Admissions admissions(writer, [&] { return small.anchors; }, {});
    for (std::uint32_t i = 1; i <= 4; ++i) {
        SshPrivateKey key = make_key();
        const std::string name = "storage" + std::to_string(i);
        v1::Hello hello = small.hello(name, key);
        hello.set_certificate(small.certificate(name, key.public_key()));
        hello.set_store_id("earlier");
        const Admission outcome = must(admissions.admit(hello, small.challenge()));
        if (i < 4)
            EXPECT_EQ(std::get<Admitted>(outcome).node.id(), i);
        else
            EXPECT_EQ(std::get<Refused>(outcome).reason, kPoolFull);
    }
}

TEST_F(AdmissionTest, spends_the_last_use_of_a_token_once_with_two_controllers_at_once) {
    constexpr int kThreads = 8;
    Writer second_writer(*world_.store, world_.clock, "c2", 10000);
    Admissions second(second_writer, [&] { return world_.anchors; }, {});
    const std::string token = world_.token(3);
    std::atomic<int> admitted{0};
    std::atomic<int> used_up{0};
    std::vector<v1::Hello> hellos;
    for (int i = 0; i < kThreads; ++i) {
        SshPrivateKey key = make_key();
        hellos.push_back(certified("storage" + std::to_string(i), key));
        hellos.back().set_token_secret(token);
    }
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i)
            threads.emplace_back([&, i] {
                Admissions &which = i % 2 == 0 ? *world_.admissions : second;
                const Admission outcome =
                    must(which.admit(hellos[static_cast<std::size_t>(i)], world_.challenge()));
                if (std::holds_alternative<Admitted>(outcome))
                    ++admitted;
                else if (std::get<Refused>(outcome).reason == kTokenUsedUp)
                    ++used_up;
            });
    }
    EXPECT_EQ(admitted, 3);
    EXPECT_EQ(used_up, kThreads - 3);
}

TEST_F(AdmissionTest, gives_every_node_its_own_lowest_id_with_two_controllers_at_once) {
    constexpr std::size_t kNodes = 24;
    Writer second_writer(*world_.store, world_.clock, "c2", 10000);
    Admissions second(second_writer, [&] { return world_.anchors; }, {});
    std::vector<v1::Hello> hellos;
    for (std::size_t i = 0; i < kNodes; ++i) {
        SshPrivateKey key = make_key();
        hellos.push_back(certified("storage" + std::to_string(i), key));
        hellos.back().set_store_id("earlier");
    }
    std::array<std::set<std::uint32_t>, 4> ids;
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < ids.size(); ++t)
            threads.emplace_back([&, t] {
                Admissions &which = t % 2 == 0 ? *world_.admissions : second;
                for (std::size_t i = t; i < kNodes; i += ids.size())
                    ids[t].insert(
                        std::get<Admitted>(must(which.admit(hellos[i], world_.challenge())))
                            .node.id());
            });
    }
    std::set<std::uint32_t> all;
    for (const auto &some : ids)
        all.insert(some.begin(), some.end());
    EXPECT_EQ(all.size(), kNodes);
    EXPECT_EQ(*all.rbegin(), kNodes);
    EXPECT_EQ(world_.audit().lines_size(), static_cast<int>(kNodes) + 1); // and the cluster's
}

} // namespace
} // namespace coax::controller::test
