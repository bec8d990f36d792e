// SPDX-License-Identifier: Apache-2.0
#include "agent/liveness/liveness.h"

#include <algorithm>

namespace coax {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Between two probes to the same peer: this, and up to a quarter more.
constexpr nanoseconds kProbePeriod = seconds{1};
constexpr nanoseconds kProbeJitter = kProbePeriod / 4;

} // namespace

std::string_view presence_label(Presence presence) {
    switch (presence) {
    case Presence::kAlive:
        return "alive";
    case Presence::kSilent:
        return "silent";
    case Presence::kDead:
        return "dead";
    case Presence::kUnknown:
        break;
    }
    return "unknown";
}

bool may_forget(const PeerLiveness &peer) {
    return peer.presence == Presence::kDead;
}

void Liveness::set_peers(const std::set<NodeId> &peers) {
    std::erase_if(peers_, [&](const auto &entry) { return !peers.contains(entry.first); });
    for (const NodeId id : peers)
        if (const auto [it, added] = peers_.try_emplace(id); added)
            it->second.since = clock_.monotonic_now();
}

std::vector<Liveness::Change> Liveness::update(const std::map<NodeId, NodeContact> &contacts) {
    const TimePoint now = clock_.monotonic_now();
    std::vector<Change> changes;
    for (auto &[id, peer] : peers_) {
        const Presence before = peer.liveness.presence;
        const auto contact = contacts.find(id);
        if (contact != contacts.end())
            hear(peer, contact->second, now);
        judge(peer, now);
        const Presence after = peer.liveness.presence;
        if (before != after && (before == Presence::kDead || after == Presence::kDead))
            changes.push_back({id, before, after});
    }
    return changes;
}

void Liveness::hear(Tracked &peer, const NodeContact &contact, TimePoint now) {
    if (contact.answered != 0)
        peer.liveness.round_trip = nanoseconds(contact.rtt_ns);
    if (contact.last_rx_ns == 0)
        return;
    const TimePoint heard_at = std::min(TimePoint(nanoseconds(contact.last_rx_ns)), now);
    if (peer.liveness.heard_at && heard_at <= *peer.liveness.heard_at)
        return;
    peer.liveness.heard_at = heard_at;
    if (heard_at < peer.since && now - heard_at >= options_.probe_after)
        return; // heard by the agent before this one
    peer.liveness.presence = Presence::kAlive;
    peer.liveness.unanswered = 0;
    peer.probing = false;
}

void Liveness::judge(Tracked &peer, TimePoint now) {
    PeerLiveness &liveness = peer.liveness;
    if (liveness.presence == Presence::kAlive && now - *liveness.heard_at >= options_.probe_after)
        liveness.presence = Presence::kSilent;
    if (liveness.presence == Presence::kAlive)
        return;
    if (!peer.probing) { // spread: many may have fallen silent together
        peer.probing = true;
        peer.due = now + up_to(kProbePeriod);
    }
    // The last probe had its time, too, when the next one is due.
    if (liveness.unanswered >= options_.probes && now >= peer.due &&
        liveness.presence != Presence::kDead)
        liveness.presence = Presence::kDead;
}

std::vector<Liveness::Probe> Liveness::take_due() {
    const TimePoint now = clock_.monotonic_now();
    std::vector<std::map<NodeId, Tracked>::iterator> due;
    for (auto it = peers_.begin(); it != peers_.end(); ++it) {
        if (it->second.probing && it->second.due <= now)
            due.push_back(it);
    }
    std::ranges::sort(due, {}, [](const auto &it) { return it->second.due; });
    due.resize(take_budget(now, due.size()));
    std::vector<Probe> probes;
    probes.reserve(due.size());
    for (const auto &it : due)
        probes.push_back(make_probe(it->first, it->second, now));
    return probes;
}

Liveness::Probe Liveness::make_probe(NodeId id, Tracked &peer, TimePoint now) {
    const bool dead = peer.liveness.presence == Presence::kDead;
    peer.due =
        now + (dead ? nanoseconds(options_.probe_after) : kProbePeriod) + up_to(kProbeJitter);
    ++peer.liveness.unanswered;
    const std::uint64_t sequence = std::max<std::uint64_t>(random_(), 1);
    return {.peer = id, .attempt = peer.attempts++, .sequence = sequence, .sent_at = now};
}

void Liveness::missed(const Probe &probe) {
    const auto found = peers_.find(probe.peer);
    if (found != peers_.end() && found->second.liveness.unanswered > 0)
        --found->second.liveness.unanswered;
}

nanoseconds Liveness::up_to(nanoseconds longest) {
    return nanoseconds(
        std::uniform_int_distribution<nanoseconds::rep>(0, longest.count())(random_));
}

std::size_t Liveness::take_budget(TimePoint now, std::size_t wanted) {
    const auto per_second = static_cast<double>(options_.probes_per_second);
    const std::chrono::duration<double> passed = budget_at_ ? now - *budget_at_ : seconds{1};
    budget_ = std::min(budget_ + passed.count() * per_second, per_second);
    budget_at_ = now;
    const std::size_t taken = std::min(wanted, static_cast<std::size_t>(budget_));
    budget_ -= static_cast<double>(taken);
    return taken;
}

const PeerLiveness &Liveness::of(NodeId peer) const {
    static const PeerLiveness kNobody;
    const auto found = peers_.find(peer);
    return found == peers_.end() ? kNobody : found->second.liveness;
}

std::map<Presence, std::uint32_t> Liveness::counts() const {
    std::map<Presence, std::uint32_t> counts{{Presence::kUnknown, 0},
                                             {Presence::kAlive, 0},
                                             {Presence::kSilent, 0},
                                             {Presence::kDead, 0}};
    for (const auto &[id, peer] : peers_)
        ++counts[peer.liveness.presence];
    return counts;
}

} // namespace coax
