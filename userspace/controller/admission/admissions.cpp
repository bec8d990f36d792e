// SPDX-License-Identifier: Apache-2.0
#include "controller/admission/admissions.h"

#include <algorithm>

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>
#include <sodium.h>

#include "controller/admission/announce.h"
#include "controller/registry/cluster.h"
#include "controller/registry/keys.h"
#include "controller/registry/nodes.h"
#include "controller/registry/revocations.h"
#include "controller/registry/tokens.h"
#include "lib/base/text.h"

namespace coax::controller {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr std::chrono::days kAutoValid(30);
constexpr std::chrono::minutes kClockSkew(5); // a node's clock may be behind that much

SshPublicKey key_of(const std::string &bytes) {
    SshPublicKey key;
    std::copy_n(bytes.begin(), std::min(bytes.size(), key.bytes.size()), key.bytes.begin());
    return key;
}

Status read_common(Change &change, JoinFacts &facts) {
    COAX_ASSIGN_OR_RETURN(facts.cluster, read_cluster(change));
    COAX_ASSIGN_OR_RETURN(facts.vtep_pool, IpPrefix::parse(facts.cluster.vtep_pool()));
    COAX_ASSIGN_OR_RETURN(facts.revocations, read_revocations(change));
    return {};
}

/// Changes with every new node: whoever needs no id does not read it, and so is not made anew for it.
Status read_ids(Change &change, JoinFacts &facts) {
    COAX_ASSIGN_OR_RETURN(const auto ids, change.read<record::NodeIds>(std::string(kNodeIdsKey)));
    facts.ids = ids.value_or(record::NodeIds());
    return {};
}

/// Nothing of the hello is in a key of the store before it has the form of one.
Result<JoinFacts> read_facts(Change &change, const v1::Hello &hello) {
    JoinFacts facts;
    COAX_TRY(read_common(change, facts));
    COAX_TRY(read_ids(change, facts));
    if (hello.public_key().size() != SshPublicKey().bytes.size() || !is_node_name(hello.name()))
        return facts;
    COAX_ASSIGN_OR_RETURN(facts.of_identity,
                          read_node_by_identity(change, key_of(hello.public_key())));
    COAX_ASSIGN_OR_RETURN(facts.of_name, read_node_by_name(change, hello.name()));
    COAX_ASSIGN_OR_RETURN(facts.pending, change.read<record::Pending>(pending_key(hello.name())));
    if (const auto id = token_id(hello.token_secret()); !id.empty()) {
        COAX_ASSIGN_OR_RETURN(facts.token, change.read<record::Token>(token_key(id)));
    }
    return facts;
}

void use_token(Change &change, const JoinFacts &facts, const std::string &name,
               const std::string &public_key) {
    record::Token token = *facts.token;
    use(token, name, public_key);
    change.put(token_key(token.id()), token);
}

Waiting waiting(const record::Pending &pending) {
    return {fmt::format("{} waits for approval since {}: an operator ends that with `coax nodes "
                        "approve {}`; its identity is {}",
                        coax::quoted(pending.name()), time_text(time_from_wire(pending.since())),
                        pending.name(), fingerprint_of(pending.public_key()))};
}

Admission wait_for_operator(Change &change, const JoinFacts &facts, const DecidedWait &wait) {
    const record::Pending &pending = wait.pending;
    if (!facts.pending) {
        change.put(pending_key(pending.name()), pending);
        change.note("node.wait", "node " + pending.name(),
                    fmt::format("key {}, token {}", fingerprint_of(pending.public_key()),
                                pending.token_id()));
    }
    if (wait.use_token)
        use_token(change, facts, pending.name(), pending.public_key());
    return waiting(pending);
}

std::string admitted_text(const record::Node &node, std::string_view how) {
    return fmt::format("id {}, key {}, {}", node.id(), fingerprint_of(node.public_key()), how);
}

Error invalid(const Refused &refused) {
    return Error(ErrorCode::kInvalid, refused.reason + ": " + refused.text);
}

/// The node of that name, or who waits under it.
Status read_candidate(Change &change, const std::string &name, JoinFacts &facts) {
    if (is_node_name(name)) {
        COAX_ASSIGN_OR_RETURN(facts.of_name, read_node_by_name(change, name));
        COAX_ASSIGN_OR_RETURN(facts.pending, change.read<record::Pending>(pending_key(name)));
    }
    if (facts.of_name || facts.pending)
        return {};
    return Error(
        ErrorCode::kNotFound,
        fmt::format("no node {} waits for approval; `coax nodes` lists them", coax::quoted(name)));
}

/// What it is with this certificate.
Result<record::Node> approved(const JoinFacts &facts, const SshCertificate &certificate,
                              UnixTime now) {
    record::Node node;
    const std::set<NodeId> tied = tied_ids(certificate);
    if (facts.of_name) {
        node = *facts.of_name;
        if (!tied.empty() && !tied.contains(NodeId(node.id())))
            return Error(ErrorCode::kInvalid,
                         fmt::format("the certificate is for another node id, expected the "
                                     "principal node-{}@coax, or none of that kind",
                                     node.id()));
    } else {
        const auto id = choose_id(facts.pending->node_id(), facts, tied);
        if (const auto *refused = std::get_if<Refused>(&id))
            return invalid(*refused);
        node.set_id(std::get<NodeId>(id).value());
        node.set_name(facts.pending->name());
        node.set_public_key(facts.pending->public_key());
        node.set_version(facts.pending->version());
        node.set_joined(time_to_wire(now));
    }
    node.set_certificate(certificate.blob);
    return node;
}

void note_approval(Change &change, const record::Node &node, const SshCertificate &certificate) {
    const std::string how = fmt::format("certified by {} until {}", certificate.ca.fingerprint(),
                                        time_text(certificate.facts.valid_before));
    change.note("node.approve", "node " + node.name(), admitted_text(node, how));
}

Status renew(Change &change, const record::Node &node, const record::Node &before,
             const SshCertificate &certificate) {
    if (node.certificate() == before.certificate())
        return {};
    change.put(node_key(NodeId(node.id())), node);
    note_approval(change, node, certificate);
    return {};
}

Status add_approved(Change &change, const record::Node &node, const SshCertificate &certificate) {
    COAX_TRY(add_node(change, node));
    change.remove(pending_key(node.name()));
    note_approval(change, node, certificate);
    return {};
}

} // namespace

Admissions::Admissions(Writer &writer, AnchorsNow anchors, Options options)
    : writer_(writer),
      anchors_(std::move(anchors)),
      require_token_(options.require_token),
      auto_key_(options.auto_ca ? std::optional(options.auto_ca->public_key()) : std::nullopt),
      auto_ca_(std::move(options.auto_ca)) {}

Result<Admission> Admissions::admit(const v1::Hello &hello, const ChallengeFacts &challenge) {
    const std::shared_ptr<const TrustAnchors> anchors = anchors_();
    Admission outcome;
    const std::string who = "agent " + hello.name().substr(0, kNodeNameMax);
    const auto done = writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const JoinFacts facts, read_facts(change, hello));
        const JoinPolicy policy{*anchors, require_token_, auto_key_, writer_.now()};
        const Decision decision = decide(hello, challenge, facts, policy);
        COAX_ASSIGN_OR_RETURN(outcome, carry_out(change, facts, decision));
        return {};
    });
    if (!done.ok())
        return done.error();
    return outcome;
}

Result<Admission> Admissions::carry_out(Change &change, const JoinFacts &facts,
                                        const Decision &decision) {
    if (const auto *refused = std::get_if<Refused>(&decision))
        return Admission(*refused);
    if (const auto *wait = std::get_if<DecidedWait>(&decision))
        return wait_for_operator(change, facts, *wait);
    return admit_node(change, facts, std::get<DecidedAdmit>(decision));
}

Result<Admission> Admissions::admit_node(Change &change, const JoinFacts &facts,
                                         DecidedAdmit admit) {
    record::Node &node = admit.node;
    if (admit.sign)
        COAX_TRY(certify(node));
    const std::string object = "node " + node.name();
    const std::string how = admit.sign ? "certified by this controller, unseen" : "certified";
    if (admit.is_new) {
        COAX_TRY(add_node(change, node));
        if (facts.pending)
            change.remove(pending_key(node.name()));
        change.note("node.admit", object, admitted_text(node, how));
    } else if (!MessageDifferencer::Equals(node, *facts.of_identity)) {
        change.put(node_key(NodeId(node.id())), node);
        if (node.certificate() != facts.of_identity->certificate())
            change.note("node.certificate", object, admitted_text(node, how));
    }
    if (admit.use_token)
        use_token(change, facts, node.name(), node.public_key());
    return Admission(Admitted{node, admit.is_new, admit.sign});
}

Status Admissions::certify(record::Node &node) {
    CertificateFacts facts;
    facts.key = key_of(node.public_key());
    while (facts.serial == 0)
        randombytes_buf(&facts.serial, sizeof(facts.serial));
    facts.key_id = node.name() + " (auto-admit)";
    facts.principals = {node.name()};
    facts.valid_after = writer_.now() - kClockSkew;
    facts.valid_before = writer_.now() + kAutoValid;
    COAX_ASSIGN_OR_RETURN(
        const SshCertificate made,
        auto_ca_.with([&](std::unique_ptr<Signer> &ca) { return make_certificate(facts, *ca); }));
    node.set_certificate(made.blob);
    return {};
}

Result<record::Node> Admissions::approve(const v1::ApproveNodeRequest &request,
                                         const std::string &who) {
    const std::shared_ptr<const TrustAnchors> anchors = anchors_();
    record::Node node;
    const auto done = writer_.commit(who, [&](Change &change) -> Status {
        JoinFacts facts;
        COAX_TRY(read_common(change, facts));
        COAX_TRY(read_ids(change, facts));
        COAX_TRY(read_candidate(change, request.name(), facts));
        const auto verdict = judge_certificate(
            request.certificate(),
            key_of(facts.of_name ? facts.of_name->public_key() : facts.pending->public_key()),
            request.name(), {*anchors, facts.revocations, writer_.now()});
        if (const auto *refused = std::get_if<Refused>(&verdict))
            return invalid(*refused);
        const auto &certificate = std::get<SshCertificate>(verdict);
        COAX_ASSIGN_OR_RETURN(node, approved(facts, certificate, writer_.now()));
        return facts.of_name ? renew(change, node, *facts.of_name, certificate)
                             : add_approved(change, node, certificate);
    });
    if (!done.ok())
        return done.error();
    return node;
}

Result<std::variant<Admissions::Announced, Refused>>
Admissions::announce(NodeId id, const v1::Announce &announce) {
    const std::shared_ptr<const TrustAnchors> anchors = anchors_();
    std::variant<Announced, Refused> outcome;
    const auto done =
        writer_.commit(fmt::format("agent {}", id.value()), [&](Change &change) -> Status {
            JoinFacts facts;
            COAX_TRY(read_common(change, facts));
            COAX_ASSIGN_OR_RETURN(const auto known, read_node(change, id));
            if (!known) {
                outcome =
                    refused(kNotRegistered, "this node was removed by an operator, or the store "
                                            "was made anew: connect again");
                return {};
            }
            const TrustContext context{.anchors = *anchors,
                                       .revocations = facts.revocations,
                                       .network_id = facts.cluster.network_id(),
                                       .vtep_pool = facts.vtep_pool,
                                       .on_expiry = OnExpiry::kCut,
                                       .now = writer_.now()};
            auto judged = judge_announce(announce, *known, context);
            if (auto *refused = std::get_if<Refused>(&judged)) {
                outcome = std::move(*refused);
                return {};
            }
            auto &news = std::get<Announcement>(judged);
            outcome = Announced{news.node, news.changed};
            if (!news.changed)
                return {};
            change.put(node_key(id), news.node);
            if (!news.text.empty())
                change.note("node.announce", "node " + news.node.name(), std::move(news.text));
            return {};
        });
    if (!done.ok())
        return done.error();
    return outcome;
}

} // namespace coax::controller
