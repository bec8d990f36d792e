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
constexpr std::size_t kAskedPerTick = 100;

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

Prober::Prober(Needs needs)
    : needs_(std::move(needs)), liveness_(needs_.clock, needs_.seed), random_(needs_.seed + 1) {}

void Prober::tick(const DesiredState &state, const Tunnels &tunnels) {
    liveness_.set_options({.probe_after = state.liveness.probe_after,
                           .probes = state.liveness.probes,
                           .probes_per_second = state.liveness.probes_per_second});
    liveness_.set_peers(others(state));
    Status done = look(state);
    if (done.ok())
        done = probe(state, tunnels);
    if (done.ok())
        done = ask(state, tunnels);
    report(done);
}

Status Prober::look(const DesiredState &state) {
    Datapath::ContactsOf of{.vteps_be = {}, .paths = !asked_.empty()};
    of.vteps_be.reserve(state.peers.size());
    for (const auto &[id, peer] : state.peers)
        of.vteps_be.push_back(state.vtep_of(id).v4_be());
    COAX_ASSIGN_OR_RETURN(const auto by_vtep, needs_.datapath.contacts(of));
    std::map<NodeId, NodeContact> contacts;
    for (const auto &[id, peer] : state.peers) {
        const auto found = by_vtep.find(state.vtep_of(id).v4_be());
        if (found == by_vtep.end())
            continue;
        contacts.emplace(id, found->second);
        if (asked_.contains(id))
            reports_[id] = {found->second.path_asked_ns, Path::of_flags(found->second.path)};
    }
    for (const Liveness::Change &change : liveness_.update(contacts))
        report(state, change);
    return {};
}

Status Prober::probe(const DesiredState &state, const Tunnels &tunnels) {
    Status done;
    for (const Liveness::Probe &probe : liveness_.take_due()) {
        const TunnelPath way = tunnels.way_to(state, state.peers.at(probe.peer), probe.attempt);
        const Status sent = send(way, state.vtep_of(probe.peer), probe, 0);
        if (sent.ok())
            continue;
        liveness_.missed(probe);
        done = sent;
    }
    return done;
}

// An answer that comes later than the next question counts as none; it is asked again.
Status Prober::ask(const DesiredState &state, const Tunnels &tunnels) {
    Status done;
    auto next = asked_.upper_bound(asked_last_);
    for (std::size_t i = 0; i < std::min(asked_.size(), kAskedPerTick); ++i, ++next) {
        if (next == asked_.end())
            next = asked_.begin();
        asked_last_ = *next;
        const auto peer = state.peers.find(*next);
        if (peer == state.peers.end())
            continue;
        const Liveness::Probe probe{.peer = *next,
                                    .attempt = attempts_++,
                                    .sequence = std::max<std::uint64_t>(random_(), 1),
                                    .sent_at = needs_.clock.monotonic_now()};
        const Status sent = send(tunnels.way_to(state, peer->second, probe.attempt),
                                 state.vtep_of(*next), probe, COAX_CONTROL_PATH);
        if (!sent.ok())
            done = sent;
    }
    return done;
}

void Prober::ask_paths(std::set<NodeId> peers) {
    asked_ = std::move(peers);
}

void Prober::forget_paths() {
    asked_.clear();
    reports_.clear();
}

PathReport Prober::path_report(NodeId peer) const {
    const auto found = reports_.find(peer);
    return found == reports_.end() ? PathReport{} : found->second;
}

Status Prober::send(const TunnelPath &way, IpAddress vtep, const Liveness::Probe &probe,
                    std::uint16_t flags) {
    if (way.lane.value() == 0)
        return Error(ErrorCode::kNotFound, "the lane is missing");
    const std::uint64_t sent_ns = since_boot_ns(probe.sent_at);
    COAX_TRY(needs_.datapath.expect_echo(vtep.v4_be(),
                                         {.sequence = probe.sequence, .sent_ns = sent_ns}));
    coax_control request{};
    request.magic_be = htobe32(COAX_CONTROL_MAGIC);
    request.version = COAX_CONTROL_VERSION;
    request.type = COAX_CONTROL_ECHO_REQUEST;
    request.flags_be = htobe16(flags);
    request.sequence = htobe64(probe.sequence);
    request.stamp = sent_ns;
    return needs_.sender.send(way, std::as_bytes(std::span(&request, 1)));
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
