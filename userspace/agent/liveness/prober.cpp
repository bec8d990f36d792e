// SPDX-License-Identifier: Apache-2.0
#include "agent/liveness/prober.h"

#include <algorithm>
#include <array>
#include <utility>

#include <endian.h>

#include "coax/abi/control.h"

namespace coax {
namespace {

constexpr std::chrono::seconds kOver{30}; // without a failure

/// The lane of this attempt: those that the peer has too, in turn, for one of them may be broken.
IfIndex lane_of(const std::vector<IfIndex> &lanes, const Peer &peer, std::uint32_t attempt) {
    const std::size_t shared = std::min(lanes.size(), peer.keys.size());
    return shared == 0 ? IfIndex() : lanes[attempt % shared];
}

std::uint64_t since_boot_ns(std::chrono::steady_clock::time_point at) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count());
}

std::set<NodeId> others(const DesiredState &state) {
    std::set<NodeId> ids;
    for (const auto &[id, peer] : state.peers) {
        if (id != state.node.id)
            ids.insert(id);
    }
    return ids;
}

} // namespace

Prober::Prober(Needs needs) : needs_(std::move(needs)), liveness_(needs_.clock, needs_.seed) {}

void Prober::tick(const DesiredState &state, const std::vector<IfIndex> &lanes) {
    liveness_.set_options({.probe_after = state.liveness.probe_after,
                           .probes = state.liveness.probes,
                           .probes_per_second = state.liveness.probes_per_second});
    liveness_.set_peers(others(state));
    Status done = look(state);
    if (done.ok())
        done = probe(state, lanes);
    report(done);
}

Status Prober::look(const DesiredState &state) {
    COAX_ASSIGN_OR_RETURN(const auto by_vtep, needs_.datapath.contacts());
    std::map<NodeId, NodeContact> contacts;
    for (const auto &[id, peer] : state.peers) {
        const auto found = by_vtep.find(state.vtep_of(id).v4_be());
        if (found != by_vtep.end())
            contacts.emplace(id, found->second);
    }
    for (const Liveness::Change &change : liveness_.update(contacts))
        report(state, change);
    return {};
}

Status Prober::probe(const DesiredState &state, const std::vector<IfIndex> &lanes) {
    Status done;
    for (const Liveness::Probe &probe : liveness_.take_due()) {
        const IfIndex lane = lane_of(lanes, state.peers.at(probe.peer), probe.attempt);
        const Status sent = lane.value() == 0 ? Error(ErrorCode::kNotFound, "the lane is missing")
                                              : send(state, probe, lane);
        if (sent.ok())
            continue;
        liveness_.missed(probe);
        done = sent;
    }
    return done;
}

Status Prober::send(const DesiredState &state, const Liveness::Probe &probe, IfIndex lane) {
    const IpAddress to = state.vtep_of(probe.peer);
    const std::uint64_t sent_ns = since_boot_ns(probe.sent_at);
    COAX_TRY(
        needs_.datapath.expect_echo(to.v4_be(), {.sequence = probe.sequence, .sent_ns = sent_ns}));
    coax_control request{};
    request.magic_be = htobe32(COAX_CONTROL_MAGIC);
    request.version = COAX_CONTROL_VERSION;
    request.type = COAX_CONTROL_ECHO_REQUEST;
    request.sequence = htobe64(probe.sequence);
    request.stamp = sent_ns;
    return needs_.sender.send({lane, state.vtep_of(state.node.id), to},
                              std::as_bytes(std::span(&request, 1)));
}

void Prober::report(const DesiredState &state, const Liveness::Change &change) {
    const std::string &name = state.peers.at(change.peer).name;
    const PeerLiveness &now = liveness_.of(change.peer);
    if (change.now == Presence::kDead)
        needs_.log.warn("peer.dead", {{"peer", name}, {"unanswered", now.unanswered}});
    else
        needs_.log.info("peer.back", {{"peer", name}});
}

// Not at the first success: other peers, or ticks without a probe that is due, say nothing of it.
void Prober::report(const Status &done) {
    const auto now = needs_.clock.monotonic_now();
    if (!done.ok())
        failed_at_ = now;
    if (!done.ok() && failing_.empty()) {
        failing_ = done.error().message();
        needs_.log.warn("peer.probes_failing", {{"error", failing_}});
    }
    if (!failing_.empty() && now - failed_at_ >= kOver) {
        failing_.clear();
        needs_.log.info("peer.probes_sent_again");
    }
}

} // namespace coax
