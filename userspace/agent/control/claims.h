// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller.pb.h"
#include "lib/trust/peer_rule.h"
#include "lib/trust/ssh_certificate.h"

namespace coax {

/// Why a claim is not believed: the name of a RefusalReason of lib/trust, or one of these.
struct ClaimRefusal {
    static constexpr const char *kKeyInUse = "key_in_use"; // a lane key that another node has
    static constexpr const char *kOwnPlace = "own_place";  // this node's id or name
    static constexpr const char *kTooMany = "too_many";    // more nodes than are held

    std::string reason;
    std::string text;
    bool operator==(const ClaimRefusal &) const = default;
};

/// What was said of a node, as bytes that somebody else signed.
struct SignedClaim {
    std::string name;
    std::string certificate;
    std::string binding;
    bool operator==(const SignedClaim &) const = default;
};

/// A controller says that a node is gone; that alone removes nothing.
struct GoneMark {
    std::string why;
    std::string text;
    UnixTime since;
    bool operator==(const GoneMark &) const = default;
};

/// Everything that decides whether a node is a peer.
struct ClaimedNode {
    SignedClaim accepted;             // empty: nothing yet
    std::optional<AcceptedPeer> last; // of `accepted`
    std::optional<SshCertificate> certificate;
    std::optional<VerifiedPeer> peer; // in force: may be programmed
    std::chrono::seconds keepalive{0};
    std::optional<SignedClaim> offered;  // newer than `accepted`, and refused
    std::optional<ClaimRefusal> refused; // of `offered`, or of `accepted` (then `peer` is absent)
    std::optional<GoneMark> gone;
};

/// What this machine decides with, at the moment of the call.
struct ClaimTrust {
    const TrustAnchors &anchors;
    const RevocationList &revocations;
    OnExpiry on_expiry = OnExpiry::kWarn;
    UnixTime now;
};

/// The nodes that controllers speak of, and which of them are believed: verify_peer() for each, no
/// lane key that another has, nobody in this node's place. What does not verify changes nothing of
/// what did before. A peer leaves by revocation or expiry, seen here; or when gone and silent.
/// Pure. Bounds: kNodesMax nodes; names, certificates and bindings as lib/trust bounds them.
class Claims {
  public:
    static constexpr std::size_t kNodesMax = 100000;

    struct Self {
        NodeId id;
        std::string name;
        SshPublicKey identity;
        std::string network_id;
        IpPrefix vtep_pool;
    };
    /// Told of every refusal when it happens.
    using OnRefused = std::function<void(NodeId, const std::string &name, const ClaimRefusal &)>;

    explicit Claims(Self self, OnRefused on_refused = {})
        : self_(std::move(self)), on_refused_(std::move(on_refused)) {}

    /// Lane keys that are taken whatever controllers say: of this node and of the file's peers.
    void reserve(std::map<PublicKey, NodeId> keys) { reserved_ = std::move(keys); }

    /// A whole update. `same_store`: its store is the one of the update before; only then what a
    /// snapshot does not name is gone. True when something changed.
    bool take(const controller::v1::Update &update, bool same_store, const ClaimTrust &trust);
    /// Since the last call a peer that was in force got other keys.
    [[nodiscard]] bool took_keys() { return std::exchange(took_keys_, false); }
    /// A node as it was accepted in an earlier life.
    void restore(NodeId id, ClaimedNode kept, const ClaimTrust &trust);
    /// Time went on, or trust changed. True when something changed.
    bool recheck(const ClaimTrust &trust);
    struct Forgotten {
        NodeId id;
        std::string name;
        GoneMark gone;
    };
    /// Gone nodes that `may_forget` says yes to go. Which.
    std::vector<Forgotten> forget(const std::function<bool(NodeId)> &may_forget);

    [[nodiscard]] const std::map<NodeId, ClaimedNode> &nodes() const { return nodes_; }

  private:
    bool offer(NodeId id, const controller::v1::Node &node, const ClaimTrust &trust);
    bool mark_gone(NodeId id, GoneMark mark);
    bool mark_missing(const std::set<NodeId> &named, UnixTime now);
    /// Decides on a claim for a node: accepted, or refused.
    bool judge(NodeId id, ClaimedNode &node, const SignedClaim &claim, const ClaimTrust &trust);
    bool recheck_accepted(NodeId id, ClaimedNode &node, const ClaimTrust &trust);
    void retry_refused(const ClaimTrust &trust, bool &changed);
    [[nodiscard]] std::optional<ClaimRefusal> in_our_place(NodeId id, const SignedClaim &c) const;
    [[nodiscard]] std::optional<ClaimRefusal> key_in_use(NodeId id, const Binding &binding) const;
    void refuse(NodeId id, ClaimedNode &node, const SignedClaim &claim, ClaimRefusal refusal);
    void release_keys(NodeId id, const ClaimedNode &node);

    const Self self_;
    const OnRefused on_refused_;
    std::map<PublicKey, NodeId> reserved_;
    std::map<PublicKey, NodeId> owners_; // of the keys of all peers in force
    std::map<NodeId, ClaimedNode> nodes_;
    NodeId retried_; // refused claims are tried again in turns
    bool took_keys_ = false;
};

} // namespace coax
