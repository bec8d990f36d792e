// SPDX-License-Identifier: Apache-2.0
#include "agent/control/claims.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/base/text.h"

namespace coax {
namespace {

namespace proto = controller::v1;

constexpr std::uint32_t kKeepaliveMax = 65535;
constexpr std::size_t kWhyBytesMax = 64;
constexpr std::size_t kTextBytesMax = 300;
constexpr std::size_t kRetriesMax = 200; // each costs three signatures

template <typename Use>
void for_each_key(const Binding &binding, Use use) {
    for (const PublicKey &key : binding.lane_keys)
        use(key);
    for (const PublicKey &key : binding.next_lane_keys)
        use(key);
}

bool has_other_keys(const Binding &a, const Binding &b) {
    return a.lane_keys != b.lane_keys || a.next_lane_keys != b.next_lane_keys;
}

bool is_node_id(std::uint32_t id) {
    return id >= 1 && id <= COAX_NODE_ID_MAX;
}

/// Something of the accepted claim begins or ends between its verification and now.
bool time_matters(const ClaimedNode &node, UnixTime now) {
    if (!node.certificate || !node.peer)
        return true;
    const CertificateFacts &facts = node.certificate->facts;
    const Binding &binding = node.peer->binding;
    const bool in_time = now >= facts.valid_after && now < facts.valid_before &&
                         now >= binding.not_before && now < binding.expires;
    return !in_time || node.peer->tolerated.has_value();
}

} // namespace

bool Claims::take(const proto::Update &update, bool same_store, const ClaimTrust &trust) {
    bool changed = false;
    std::set<NodeId> named;
    for (const proto::Node &node : update.nodes()) {
        if (!is_node_id(node.id()))
            continue;
        named.insert(NodeId(node.id()));
        changed = offer(NodeId(node.id()), node, trust) || changed;
    }
    for (const proto::GoneNode &gone : update.gone_nodes()) {
        named.insert(NodeId(gone.id()));
        changed = mark_gone(NodeId(gone.id()), {gone.why().substr(0, kWhyBytesMax),
                                                gone.text().substr(0, kTextBytesMax), trust.now}) ||
                  changed;
    }
    if (update.snapshot() && same_store)
        changed = mark_missing(named, trust.now) || changed;
    return changed;
}

bool Claims::offer(NodeId id, const proto::Node &said, const ClaimTrust &trust) {
    SignedClaim claim{said.name().substr(0, kNodeNameMax + 1), said.certificate(), said.binding()};
    if (claim.certificate.size() > kCertificateBytesMax)
        claim.certificate.resize(kCertificateBytesMax + 1); // refused, whatever is in it
    if (claim.binding.size() > kBindingBytesMax)
        claim.binding.resize(kBindingBytesMax + 1);
    if (!nodes_.contains(id) && nodes_.size() >= kNodesMax) {
        if (on_refused_)
            on_refused_(id, claim.name, {ClaimRefusal::kTooMany, "more nodes than are held"});
        return false;
    }
    ClaimedNode &node = nodes_[id];
    bool changed = std::exchange(node.gone, std::nullopt).has_value();
    const std::chrono::seconds keepalive(std::min(said.keepalive_seconds(), kKeepaliveMax));
    changed = std::exchange(node.keepalive, keepalive) != keepalive || changed;
    if (node.peer && claim == node.accepted) {
        changed = node.offered.has_value() || changed;
        node.offered.reset();
        node.refused.reset();
        return recheck_accepted(id, node, trust) || changed;
    }
    changed = judge(id, node, claim, trust) || changed;
    if (!node.last && !node.offered) // this node itself
        nodes_.erase(id);
    return changed;
}

bool Claims::mark_gone(NodeId id, GoneMark mark) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end())
        return false;
    std::optional<GoneMark> &gone = found->second.gone;
    if (gone && gone->why == mark.why && gone->text == mark.text)
        return false;
    if (gone)
        mark.since = gone->since;
    gone = std::move(mark);
    return true;
}

bool Claims::mark_missing(const std::set<NodeId> &named, UnixTime now) {
    bool changed = false;
    for (const auto &[id, node] : nodes_)
        if (!named.contains(id))
            changed =
                mark_gone(id, {"removed", "the controller no longer names it", now}) || changed;
    return changed;
}

bool Claims::judge(NodeId id, ClaimedNode &node, const SignedClaim &claim,
                   const ClaimTrust &trust) {
    if (id == self_.id || claim.name == self_.name) {
        if (auto refusal = in_our_place(id, claim))
            refuse(id, node, claim, *std::move(refusal));
        return false;
    }
    const PeerClaim said{id, claim.name, claim.certificate, claim.binding};
    const TrustContext context{trust.anchors,   trust.revocations, self_.network_id,
                               self_.vtep_pool, trust.on_expiry,   trust.now};
    auto verdict = verify_peer(said, context, node.last ? &*node.last : nullptr);
    if (auto *refusal = std::get_if<Refusal>(&verdict)) {
        refuse(id, node, claim,
               {std::string(refusal_name(refusal->reason)), std::move(refusal->message)});
        return false;
    }
    auto &peer = std::get<VerifiedPeer>(verdict);
    if (auto refusal = key_in_use(id, peer.binding)) {
        refuse(id, node, claim, *std::move(refusal));
        return false;
    }
    took_keys_ = took_keys_ || (node.peer && has_other_keys(node.peer->binding, peer.binding));
    release_keys(id, node);
    for_each_key(peer.binding, [&](const PublicKey &key) { owners_[key] = id; });
    auto certificate = SshCertificate::from_blob(claim.certificate); // verify_peer() read it
    if (certificate.ok())
        node.certificate = std::move(certificate).value();
    node.last = peer.accepted;
    node.peer = std::move(peer);
    node.accepted = claim;
    node.offered.reset();
    node.refused.reset();
    return true;
}

/// Nothing when it is this node itself that the controller speaks of.
std::optional<ClaimRefusal> Claims::in_our_place(NodeId id, const SignedClaim &claim) const {
    const auto certificate = SshCertificate::from_blob(claim.certificate);
    if (id == self_.id && claim.name == self_.name && certificate.ok() &&
        certificate->facts.key == self_.identity)
        return std::nullopt;
    return ClaimRefusal{ClaimRefusal::kOwnPlace,
                        fmt::format("node {} ({}) is claimed by another identity, it is this node: "
                                    "does a copy of it run?",
                                    id.value(), coax::quoted(claim.name))};
}

std::optional<ClaimRefusal> Claims::key_in_use(NodeId id, const Binding &binding) const {
    std::optional<ClaimRefusal> refusal;
    for_each_key(binding, [&](const PublicKey &key) {
        for (const auto *owners : {&reserved_, &owners_}) {
            const auto found = owners->find(key);
            if (found == owners->end() || found->second == id || refusal)
                continue;
            refusal = ClaimRefusal{
                ClaimRefusal::kKeyInUse,
                fmt::format("node {} claims the lane key {} that node {} has: one of them lies, or "
                            "their keys were copied (coax key on both)",
                            id.value(), key.to_string(), found->second.value())};
        }
    });
    return refusal;
}

void Claims::refuse(NodeId id, ClaimedNode &node, const SignedClaim &claim, ClaimRefusal refusal) {
    const bool known = node.refused && node.refused->reason == refusal.reason &&
                       claim == (node.offered ? *node.offered : node.accepted);
    if (known)
        return; // its text may name the time: it would change for ever
    if (claim != node.accepted)
        node.offered = claim;
    node.refused = std::move(refusal);
    if (on_refused_)
        on_refused_(id, claim.name, *node.refused);
}

void Claims::release_keys(NodeId id, const ClaimedNode &node) {
    if (!node.peer)
        return;
    for_each_key(node.peer->binding, [&](const PublicKey &key) {
        const auto found = owners_.find(key);
        if (found != owners_.end() && found->second == id)
            owners_.erase(found);
    });
}

bool Claims::recheck(const ClaimTrust &trust) {
    bool changed = false;
    for (auto &[id, node] : nodes_)
        if (node.last)
            changed = recheck_accepted(id, node, trust) || changed;
    retry_refused(trust, changed);
    return changed;
}

bool Claims::recheck_accepted(NodeId id, ClaimedNode &node, const ClaimTrust &trust) {
    const bool untrusted = node.certificate && (trust.revocations.revokes(*node.certificate) ||
                                                !trust.anchors.contains(node.certificate->ca));
    if (!untrusted && !time_matters(node, trust.now))
        return false;
    const std::optional<Refusal> tolerated = node.peer ? node.peer->tolerated : std::nullopt;
    const std::optional<SignedClaim> offered = node.offered;
    const std::optional<ClaimRefusal> refused = node.refused;
    const bool was_in_force = node.peer.has_value();
    const SignedClaim claim = node.accepted;
    if (judge(id, node, claim, trust)) {
        node.offered = offered; // a newer one that was refused still is
        node.refused = offered ? refused : std::nullopt;
        const auto &now_tolerated = node.peer->tolerated;
        const bool same = tolerated.has_value() == now_tolerated.has_value() &&
                          (!tolerated || tolerated->reason == now_tolerated->reason);
        if (same)
            node.peer->tolerated = tolerated;
        return !was_in_force || !same;
    }
    release_keys(id, node);
    node.peer.reset();
    return was_in_force;
}

void Claims::retry_refused(const ClaimTrust &trust, bool &changed) {
    std::vector<NodeId> turn;
    for (auto it = nodes_.upper_bound(retried_); it != nodes_.end() && turn.size() < kRetriesMax;
         ++it)
        if (it->second.offered)
            turn.push_back(it->first);
    retried_ = turn.size() < kRetriesMax ? NodeId() : turn.back();
    for (const NodeId id : turn) {
        ClaimedNode &node = nodes_.at(id);
        const SignedClaim claim = *node.offered;
        changed = judge(id, node, claim, trust) || changed;
    }
}

void Claims::restore(NodeId id, ClaimedNode kept, const ClaimTrust &trust) {
    ClaimedNode &node = nodes_[id];
    node.last = std::move(kept.last);
    node.keepalive = kept.keepalive;
    node.gone = std::move(kept.gone);
    judge(id, node, kept.accepted, trust);
    if (!node.peer) // remembered all the same: an older record must not come back
        node.accepted = std::move(kept.accepted);
}

std::vector<Claims::Forgotten> Claims::forget(const std::function<bool(NodeId)> &may_forget) {
    std::vector<Forgotten> forgotten;
    for (const auto &[id, node] : nodes_)
        if (node.gone && may_forget(id))
            forgotten.push_back({id, node.accepted.name, *node.gone});
    for (const Forgotten &one : forgotten) {
        release_keys(one.id, nodes_.at(one.id));
        nodes_.erase(one.id);
    }
    return forgotten;
}

} // namespace coax
