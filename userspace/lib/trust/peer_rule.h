// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/types.h"
#include "lib/base/vtep.h"
#include "lib/trust/binding.h"
#include "lib/trust/refusal.h"
#include "lib/trust/revocation_list.h"
#include "lib/trust/trust_anchors.h"

namespace coax {

/// What happens to a running peer whose certificate or binding runs out, or is not valid yet because
/// this machine's clock went back. New peers are refused in either case.
enum class OnExpiry {
    kWarn, // it stays, and why it should not is told
    kCut,  // it is refused
};

/// From here on an expiry is announced.
constexpr std::chrono::hours kExpirySoon{30 * 24};

/// What this machine knows by itself. References are borrowed for the call.
struct TrustContext {
    const TrustAnchors &anchors;
    const RevocationList &revocations;
    std::string_view network_id;
    IpPrefix vtep_pool; // IPv4; VTEPs of a node: lib/base/vtep.h
    OnExpiry on_expiry = OnExpiry::kWarn;
    UnixTime now;
};

/// What somebody else (a controller, another agent) says about a peer.
struct PeerClaim {
    NodeId node;
    std::string_view name;
    std::string_view certificate; // blob
    std::string_view binding;     // signed
};

/// What is kept of the last record that was accepted for a node id.
struct AcceptedPeer {
    std::string name;
    SshPublicKey identity;
    std::uint64_t epoch = 0;
    BindingDigest digest{};
    bool operator==(const AcceptedPeer &) const = default;
};

/// How long something is still valid.
struct TimeLeft {
    std::chrono::seconds left{0}; // negative: for so long it is over; max(): forever
    [[nodiscard]] bool over() const { return left <= std::chrono::seconds(0); }
    [[nodiscard]] bool soon() const { return left <= kExpirySoon; }
};

/// Which of the node's sets `binding.lane_keys` are: its address says so. Absent: another's address.
std::optional<KeySet> key_set_of(const Binding &binding, const IpPrefix &vtep_pool);

TimeLeft time_left(UnixTime until, UnixTime now);

/// A peer that may be programmed, with what of it.
struct VerifiedPeer {
    Binding binding;
    AcceptedPeer accepted; // to be kept for the next claim
    TimeLeft certificate_left;
    TimeLeft binding_left;
    /// Only with OnExpiry::kWarn: kExpired or kNotYetValid, for which it would have been refused.
    std::optional<Refusal> tolerated;
};

/// "node-17@coax": a principal that ties a certificate to one node id. It is the operator's choice;
/// a certificate with such principals is good for these ids only.
std::string node_principal(NodeId node);

/// The rule of the agent: whether the claim may reach WireGuard or a map. Pure.
/// `last`: what was accepted last for that node id, nullptr: nothing yet. A peer is running when it
/// is there: then with kWarn a certificate of the same identity, and the same binding, may be out of
/// their time.
std::variant<VerifiedPeer, Refusal> verify_peer(const PeerClaim &claim, const TrustContext &context,
                                                const AcceptedPeer *last);

} // namespace coax
