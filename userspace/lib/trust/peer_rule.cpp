// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/peer_rule.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/base/vtep.h"
#include "lib/trust/certificate_check.h"

namespace coax {
namespace {

using Verdict = std::optional<Refusal>;

Refusal refuse(RefusalReason reason, std::string message) {
    return {reason, std::move(message)};
}

Verdict check_size(std::string_view what, std::size_t bytes, std::size_t max) {
    if (bytes <= max)
        return std::nullopt;
    return refuse(RefusalReason::kTooLarge,
                  fmt::format("{} of {} bytes, expected at most {}", what, bytes, max));
}

/// The binding is of the node the claim is about, and signed by the certified key.
Verdict check_author(const PeerClaim &claim, const SshCertificate &certificate,
                     const SignedBinding &record) {
    const Binding &binding = record.binding;
    if (binding.node != claim.node || binding.name != claim.name)
        return refuse(RefusalReason::kOtherNode,
                      fmt::format("the binding is of node {} ({}), expected node {} ({})",
                                  binding.node.value(), coax::quoted(binding.name),
                                  claim.node.value(), coax::quoted(claim.name)));
    if (record.signer != certificate.facts.key)
        return refuse(RefusalReason::kBadSignature,
                      fmt::format("the binding is signed by {}, the certificate is of {}: both "
                                  "must be of the node's identity key",
                                  record.signer.fingerprint(),
                                  certificate.facts.key.fingerprint()));
    return std::nullopt;
}

/// If the operator tied the certificate to node ids, this is one of them.
Verdict check_node_principal(const SshCertificate &certificate, NodeId node) {
    const auto &principals = certificate.facts.principals;
    const auto ties = [](std::string_view principal) {
        return principal.starts_with("node-") && principal.ends_with("@coax");
    };
    const bool tied = std::any_of(principals.begin(), principals.end(), ties);
    const std::string wanted = node_principal(node);
    if (!tied || std::find(principals.begin(), principals.end(), wanted) != principals.end())
        return std::nullopt;
    return refuse(
        RefusalReason::kWrongPrincipal,
        fmt::format("the certificate is for another node id, expected the principal {}", wanted));
}

Verdict check_place(const Binding &binding, const TrustContext &context) {
    if (binding.network_id != context.network_id)
        return refuse(RefusalReason::kWrongNetwork,
                      fmt::format("the binding is for the overlay {}, this one is {}",
                                  coax::quoted(binding.network_id),
                                  coax::quoted(context.network_id)));
    const IpAddress vtep = vtep_in(context.vtep_pool, binding.node);
    if (binding.node.value() > largest_node_id(context.vtep_pool) ||
        !key_set_of(binding, context.vtep_pool))
        return refuse(RefusalReason::kWrongVtep,
                      fmt::format("the binding has VTEP {}, node {} has {} in the pool {}: is "
                                  "overlay.vtep_pool the same on both nodes?",
                                  binding.vtep.to_string(), binding.node.value(), vtep.to_string(),
                                  context.vtep_pool.to_string()));
    return std::nullopt;
}

Verdict check_history(const SignedBinding &record, const AcceptedPeer *last) {
    if (last == nullptr)
        return std::nullopt;
    const Binding &binding = record.binding;
    if (binding.name != last->name)
        return refuse(RefusalReason::kOtherNode,
                      fmt::format("node id {} is {} here, {} claims it: give it another id, or "
                                  "delete the old node first",
                                  binding.node.value(), coax::quoted(last->name),
                                  coax::quoted(binding.name)));
    if (binding.epoch < last->epoch)
        return refuse(RefusalReason::kOldEpoch,
                      fmt::format("the binding of {} has epoch {}, epoch {} was accepted: somebody "
                                  "holds back the later one, or the node's clock went back",
                                  coax::quoted(binding.name), binding.epoch, last->epoch));
    if (binding.epoch == last->epoch && record.digest != last->digest)
        return refuse(RefusalReason::kEpochReused,
                      fmt::format("{} signed two different bindings with epoch {}: does its "
                                  "identity run on two machines?",
                                  coax::quoted(binding.name), binding.epoch));
    return std::nullopt;
}

/// Of what is valid for a time: what refuses the peer, and what would if it were not to stay.
struct TimeVerdict {
    Verdict refused;
    Verdict tolerated;
};

TimeVerdict check_time(const Validity &validity, UnixTime now, bool stays) {
    Verdict verdict = check_validity(validity, now);
    return stays ? TimeVerdict{std::nullopt, std::move(verdict)}
                 : TimeVerdict{std::move(verdict), std::nullopt};
}

TimeVerdict check_times(const SshCertificate &certificate, const SignedBinding &record,
                        const TrustContext &context, const AcceptedPeer *last) {
    const bool stays = last != nullptr && context.on_expiry == OnExpiry::kWarn;
    const std::string who = coax::quoted(record.binding.name);
    const Validity of_certificate{certificate.facts.valid_after, certificate.facts.valid_before,
                                  "the certificate of " + who,
                                  "have the key certified again (ssh-keygen -s, coax ca sign)"};
    const Validity of_binding{record.binding.not_before, record.binding.expires,
                              "the binding of " + who,
                              "its agent signs a new one by itself; is it running and connected?"};
    TimeVerdict first =
        check_time(of_certificate, context.now, stays && last->identity == certificate.facts.key);
    if (first.refused)
        return first;
    TimeVerdict second =
        check_time(of_binding, context.now, stays && last->digest == record.digest);
    if (!second.refused && first.tolerated)
        return first;
    return second;
}

/// All but the time.
Verdict check_all(const PeerClaim &claim, const SshCertificate &certificate,
                  const SignedBinding &record, const TrustContext &context,
                  const AcceptedPeer *last) {
    const CertificateDemand demand{CertificateType::kHost, record.binding.name};
    if (auto verdict = check_author(claim, certificate, record))
        return verdict;
    if (auto verdict = check_certificate(certificate, demand, context.anchors, context.revocations))
        return verdict;
    if (auto verdict = check_node_principal(certificate, record.binding.node))
        return verdict;
    if (auto verdict = check_place(record.binding, context))
        return verdict;
    return check_history(record, last);
}

} // namespace

std::optional<KeySet> key_set_of(const Binding &binding, const IpPrefix &vtep_pool) {
    for (const KeySet set : kKeySets)
        if (binding.vtep == vtep_in(vtep_pool, binding.node, set))
            return set;
    return std::nullopt;
}

TimeLeft time_left(UnixTime until, UnixTime now) {
    if (until >= kForever)
        return {std::chrono::seconds::max()};
    return {until - now};
}

std::string node_principal(NodeId node) {
    return fmt::format("node-{}@coax", node.value());
}

std::variant<VerifiedPeer, Refusal> verify_peer(const PeerClaim &claim, const TrustContext &context,
                                                const AcceptedPeer *last) {
    if (auto verdict = check_size("certificate", claim.certificate.size(), kCertificateBytesMax))
        return *std::move(verdict);
    if (auto verdict = check_size("binding", claim.binding.size(), kBindingBytesMax))
        return *std::move(verdict);
    const auto certificate = SshCertificate::from_blob(claim.certificate);
    if (!certificate.ok())
        return refusal_of(certificate.error(), "certificate of " + coax::quoted(claim.name));
    auto record = open_binding(claim.binding);
    if (!record.ok())
        return refusal_of(record.error(), "binding of " + coax::quoted(claim.name));
    if (auto verdict = check_all(claim, *certificate, *record, context, last))
        return *std::move(verdict);
    TimeVerdict times = check_times(*certificate, *record, context, last);
    if (times.refused)
        return *std::move(times.refused);
    VerifiedPeer peer;
    peer.tolerated = std::move(times.tolerated);
    peer.accepted = {record->binding.name, record->signer, record->binding.epoch, record->digest};
    peer.certificate_left = time_left(certificate->facts.valid_before, context.now);
    peer.binding_left = time_left(record->binding.expires, context.now);
    peer.binding = std::move(record->binding);
    return peer;
}

} // namespace coax
