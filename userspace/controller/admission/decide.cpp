// SPDX-License-Identifier: Apache-2.0
#include "controller/admission/decide.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/registry/node_ids.h"
#include "controller/registry/nodes.h"
#include "controller/registry/tokens.h"
#include "lib/base/text.h"
#include "lib/base/vtep.h"
#include "lib/config/string_form.h"

namespace coax::controller {
namespace {

using Verdict = std::optional<Refused>;

constexpr std::size_t kVersionMax = 64;
constexpr std::chrono::days kAutoRenew(10); // before the end of what the auto CA has signed

Refused malformed(std::string text) {
    return refused({RefusalReason::kMalformed, std::move(text)});
}

class Decider {
  public:
    Decider(const v1::Hello &hello, const JoinFacts &facts, const JoinPolicy &policy)
        : hello_(hello), facts_(facts), policy_(policy) {}

    Verdict check_form();
    Verdict check_proof_of(const ChallengeFacts &challenge) const;
    Verdict check_identity() const;
    Decision decide_known() const;
    Decision decide_new() const;

  private:
    /// The best certificate there is, or why there is none.
    struct Papers {
        std::optional<SshCertificate> good;
        Verdict refused; // why the one of the hello, else that of the store, is not; may be nothing
    };

    [[nodiscard]] std::string name() const { return coax::quoted(hello_.name()); }
    [[nodiscard]] Papers papers() const;
    void judge(const std::string &blob, Papers &papers) const;
    [[nodiscard]] bool may_sign(const Papers &papers) const;
    [[nodiscard]] bool waits_already() const;
    [[nodiscard]] Verdict check_token() const;
    [[nodiscard]] Decision admit_new(const std::optional<SshCertificate> &certificate,
                                     bool use_token) const;
    [[nodiscard]] Decision wait(bool use_token) const;
    [[nodiscard]] bool used_token() const {
        return facts_.token && used_by(*facts_.token, hello_.public_key());
    }

    const v1::Hello &hello_;
    const JoinFacts &facts_;
    const JoinPolicy &policy_;
    SshPublicKey key_;
};

Verdict Decider::check_form() {
    if (hello_.protocol() != kControlProtocol)
        return refused({RefusalReason::kVersion,
                        fmt::format("expected protocol version {}, found {}: update the older of "
                                    "agent and controller",
                                    kControlProtocol, hello_.protocol())});
    if (!kNodeName.valid(hello_.name()))
        return malformed(fmt::format("name: expected {}, found {}", kNodeName.expected, name()));
    if (hello_.public_key().size() != key_.bytes.size())
        return malformed(fmt::format("public_key: expected {} bytes, found {}", key_.bytes.size(),
                                     hello_.public_key().size()));
    if (hello_.version().size() > kVersionMax)
        return malformed(fmt::format("version: expected at most {} bytes, found {}", kVersionMax,
                                     hello_.version().size()));
    std::copy(hello_.public_key().begin(), hello_.public_key().end(), key_.bytes.begin());
    return std::nullopt;
}

Verdict Decider::check_proof_of(const ChallengeFacts &challenge) const {
    const Status proof =
        check_proof(hello_.proof(), challenge, hello_.name(), kHelloNamespace, key_);
    if (proof.ok())
        return std::nullopt;
    return refused(kBadProof, fmt::format("{}; is this the controller whose certificate the node "
                                          "has, and does the node hold its private key?",
                                          proof.error().message()));
}

/// One identity is one node with one name and one id.
Verdict Decider::check_identity() const {
    if (facts_.revocations.keys.contains(key_))
        return refused({RefusalReason::kRevoked,
                        fmt::format("the identity {} is revoked by list version {}: make a new key "
                                    "and join with it",
                                    key_.fingerprint(), facts_.revocations.version)});
    const auto &known = facts_.of_identity;
    if (known && known->name() != hello_.name())
        return refused(
            {RefusalReason::kOtherNode,
             fmt::format("the identity {} is of node {} here, found the name {}: use "
                         "that name, or remove the node first (`coax nodes remove {}`)",
                         key_.fingerprint(), coax::quoted(known->name()), name(), known->name())});
    if (known && hello_.node_id() != 0 && hello_.node_id() != known->id())
        return refused(
            kIdTaken,
            fmt::format("{} is node {} here, found id {}: write id = {} into its "
                        "configuration, or remove the node first (`coax nodes remove {}`)",
                        name(), known->id(), hello_.node_id(), known->id(), hello_.name()));
    if (!known && facts_.of_name)
        return refused(
            kNameTaken,
            fmt::format("there is a node {} with identity {}, this one has {}: give this "
                        "node another name, or, if it is that node installed anew, "
                        "remove the old one first (`coax nodes remove {}`)",
                        name(), fingerprint_of(facts_.of_name->public_key()), key_.fingerprint(),
                        hello_.name()));
    return std::nullopt;
}

void Decider::judge(const std::string &blob, Papers &papers) const {
    if (blob.empty())
        return;
    const CertificateRule rule{policy_.anchors, facts_.revocations, policy_.now};
    auto verdict = judge_certificate(blob, key_, hello_.name(), rule);
    if (auto *refused = std::get_if<Refused>(&verdict)) {
        papers.refused = papers.refused ? papers.refused : std::move(*refused);
        return;
    }
    auto &certificate = std::get<SshCertificate>(verdict);
    if (!papers.good || papers.good->facts.valid_after < certificate.facts.valid_after)
        papers.good = std::move(certificate);
}

Decider::Papers Decider::papers() const {
    Papers papers;
    judge(hello_.certificate(), papers);
    if (facts_.of_identity && facts_.of_identity->certificate() != hello_.certificate())
        judge(facts_.of_identity->certificate(), papers);
    return papers;
}

/// A certificate that is wrong is never replaced by the auto CA; none, or one that is over, is.
bool Decider::may_sign(const Papers &papers) const {
    if (!policy_.auto_ca || !policy_.anchors.contains(*policy_.auto_ca))
        return false;
    if (papers.good)
        return papers.good->ca == *policy_.auto_ca &&
               papers.good->facts.valid_before < policy_.now + kAutoRenew;
    return !papers.refused || papers.refused->reason == refusal_name(RefusalReason::kExpired);
}

Decision Decider::decide_known() const {
    Papers found = papers();
    DecidedAdmit admit;
    admit.node = *facts_.of_identity;
    admit.sign = may_sign(found);
    if (!found.good && !admit.sign)
        return found.refused ? std::move(*found.refused)
                             : refused(kNotRegistered, fmt::format("{} has no certificate: `coax "
                                                                   "nodes approve {}` makes one",
                                                                   name(), hello_.name()));
    if (found.good)
        admit.node.set_certificate(found.good->blob);
    admit.node.set_version(hello_.version());
    return admit;
}

bool Decider::waits_already() const {
    return facts_.pending && facts_.pending->public_key() == hello_.public_key();
}

/// It must be shown once; a node that has spent a use of it may show it again.
Verdict Decider::check_token() const {
    if (hello_.token_secret().empty())
        return refused(kNoToken, fmt::format("{} is not known here and has no join token: make one "
                                             "(`coax token create`) and use it (`coax join`)",
                                             name()));
    if (!facts_.token || !fits(hello_.token_secret(), *facts_.token))
        return refused(kUnknownToken, "the join token is not known here, or was removed: make "
                                      "another (`coax token create`); is it for this overlay?");
    if (used_token())
        return std::nullopt;
    const record::Token &token = *facts_.token;
    const UnixTime expires = time_from_wire(token.expires());
    if (policy_.now >= expires)
        return refused(kTokenExpired,
                       fmt::format("the join token {} was good until {}, here it is {}: make "
                                   "another (`coax token create`), or check the clock",
                                   token.id(), time_text(expires), time_text(policy_.now)));
    if (token.uses_left() == 0)
        return refused(kTokenUsedUp,
                       fmt::format("the join token {} has no uses left ({} nodes used it): make "
                                   "another (`coax token create`)",
                                   token.id(), token.used_by_size()));
    return std::nullopt;
}

Decision Decider::admit_new(const std::optional<SshCertificate> &certificate,
                            bool use_token) const {
    const auto tied = certificate ? tied_ids(*certificate) : std::set<NodeId>();
    auto id = choose_id(hello_.node_id(), facts_, tied);
    if (auto *refused = std::get_if<Refused>(&id))
        return std::move(*refused);
    DecidedAdmit admit;
    admit.is_new = true;
    admit.use_token = use_token;
    admit.sign = !certificate;
    admit.node.set_id(std::get<NodeId>(id).value());
    admit.node.set_name(hello_.name());
    admit.node.set_public_key(hello_.public_key());
    if (certificate)
        admit.node.set_certificate(certificate->blob);
    admit.node.set_version(hello_.version());
    admit.node.set_joined(time_to_wire(policy_.now));
    return admit;
}

Decision Decider::wait(bool use_token) const {
    if (facts_.pending && !waits_already())
        return refused(kNameTaken,
                       fmt::format("another node waits for approval as {}, with identity {}: give "
                                   "this one another name, or remove that one (`coax nodes remove "
                                   "{}`)",
                                   name(), fingerprint_of(facts_.pending->public_key()),
                                   hello_.name()));
    if (facts_.pending)
        return DecidedWait{*facts_.pending, false};
    DecidedWait wait;
    wait.use_token = use_token;
    wait.pending.set_name(hello_.name());
    wait.pending.set_public_key(hello_.public_key());
    wait.pending.set_token_id(facts_.token ? facts_.token->id() : "");
    wait.pending.set_version(hello_.version());
    wait.pending.set_since(time_to_wire(policy_.now));
    wait.pending.set_node_id(hello_.node_id());
    return wait;
}

Decision Decider::decide_new() const {
    const Papers found = papers();
    if (!found.good && found.refused && !may_sign(found))
        return *found.refused;
    // Who followed another store than this one was known before it was made anew.
    const bool known_before =
        !hello_.store_id().empty() && hello_.store_id() != facts_.cluster.store_id();
    const bool sign = !found.good && may_sign(found);
    const bool token_needed =
        !waits_already() && !sign && !(found.good && (known_before || !policy_.require_token));
    if (token_needed)
        if (auto refused = check_token())
            return *std::move(refused);
    const bool use_token = token_needed && !used_token();
    return found.good || sign ? admit_new(found.good, use_token) : wait(use_token);
}

} // namespace

std::variant<NodeId, Refused> choose_id(std::uint32_t wanted, const JoinFacts &facts,
                                        const std::set<NodeId> &tied) {
    if (wanted == 0 && !tied.empty())
        wanted = tied.begin()->value();
    if (wanted == 0) {
        const auto free = lowest_free(facts.ids, facts.vtep_pool);
        if (!free)
            return refused(kPoolFull,
                           fmt::format("all {} ids of the pool {} are given out: remove a node",
                                       largest_node_id(facts.vtep_pool),
                                       facts.vtep_pool.to_string()));
        return *free;
    }
    const NodeId id(wanted);
    if (wanted > largest_node_id(facts.vtep_pool))
        return refused(kIdTaken,
                       fmt::format("expected an id of 1..{}, for which the pool {} has an address, "
                                   "found {}: choose another",
                                   largest_node_id(facts.vtep_pool), facts.vtep_pool.to_string(),
                                   wanted));
    if (!tied.empty() && !tied.contains(id))
        return refused({RefusalReason::kWrongPrincipal,
                        fmt::format("the certificate is for another node id than {}: have it "
                                    "signed with the principal node-{}@coax, or without",
                                    wanted, wanted)});
    if (is_used(facts.ids, id))
        return refused(kIdTaken, fmt::format("node id {} is another node's here: give this one "
                                             "another id, or remove that one (`coax nodes`)",
                                             wanted));
    return id;
}

Decision decide(const v1::Hello &hello, const ChallengeFacts &challenge, const JoinFacts &facts,
                const JoinPolicy &policy) {
    Decider decider(hello, facts, policy);
    if (auto refused = decider.check_form())
        return *std::move(refused);
    if (auto refused = decider.check_proof_of(challenge))
        return *std::move(refused);
    if (auto refused = decider.check_identity())
        return *std::move(refused);
    return facts.of_identity ? decider.decide_known() : decider.decide_new();
}

} // namespace coax::controller
