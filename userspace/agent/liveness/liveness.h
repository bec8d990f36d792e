// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/types.h"
#include "lib/bpf/datapath.h"

namespace coax {

enum class Presence {
    kUnknown, // not heard since this agent began to ask, and not asked often enough
    kAlive,   // heard lately
    kSilent,  // not heard for a while: being asked
    kDead,    // asked often enough without an answer; still asked now and then
};

/// "unknown", "alive", "silent", "dead".
std::string_view presence_label(Presence presence);

/// What is known of one peer's being there.
struct PeerLiveness {
    Presence presence = Presence::kUnknown;
    std::optional<std::chrono::steady_clock::time_point> heard_at; // last packet; absent: never
    std::optional<std::chrono::nanoseconds> round_trip;            // of the last answered probe
    std::uint32_t unanswered = 0;                                  // probes since it was heard
};

/// May a peer that is gone from the control plane be forgotten? Only when it is gone here, too: it
/// was asked and did not answer.
bool may_forget(const PeerLiveness &peer);

/// Who is there, from the packets that came through the tunnels: only peers that are silent are
/// probed. Pure: time and chance come in, probes go out.
/// Runs on the event loop. A peer is never dead without having been probed by this agent.
class Liveness {
  public:
    struct Options {
        std::chrono::milliseconds probe_after{10'000}; // of silence
        std::uint32_t probes = 5;                      // unanswered ones, then it is dead
        std::uint32_t probes_per_second = 500;         // to all peers together
    };
    struct Probe {
        NodeId peer;
        std::uint32_t attempt = 0; // counts up, to take another lane each time
        std::uint64_t sequence = 0;
        std::chrono::steady_clock::time_point sent_at;
    };
    struct Change {
        NodeId peer;
        Presence before = Presence::kUnknown;
        Presence now = Presence::kUnknown;
    };

    /// `clock` outlives it. Agents with different seeds do not probe in step, and do not take each
    /// other's answers.
    Liveness(const Clock &clock, std::uint64_t seed) : clock_(clock), random_(seed) {}

    void set_options(const Options &options) { options_ = options; }
    /// New peers are unknown, those that are not named are forgotten.
    void set_peers(const std::set<NodeId> &peers);

    /// Takes what the data path saw and says what changed: only to dead, and back.
    std::vector<Change> update(const std::map<NodeId, NodeContact> &contacts);
    /// Who is to be asked now, the longest due first. Each was sent or missed() afterwards.
    std::vector<Probe> take_due();
    /// This probe could not leave the node: it says nothing about the peer.
    void missed(const Probe &probe);

    /// Unknown for who is no peer.
    [[nodiscard]] const PeerLiveness &of(NodeId peer) const;
    [[nodiscard]] bool may_forget(NodeId peer) const { return coax::may_forget(of(peer)); }
    [[nodiscard]] std::map<Presence, std::uint32_t> counts() const;

  private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Tracked {
        PeerLiveness liveness;
        TimePoint since; // it is a peer
        std::uint32_t attempts = 0;
        TimePoint due; // of the next probe, while one is needed
        bool probing = false;
    };

    void hear(Tracked &peer, const NodeContact &contact, TimePoint now);
    void judge(Tracked &peer, TimePoint now);
    Probe make_probe(NodeId id, Tracked &peer, TimePoint now);
    std::chrono::nanoseconds up_to(std::chrono::nanoseconds longest);
    std::size_t take_budget(TimePoint now, std::size_t wanted);

    const Clock &clock_;
    std::mt19937_64 random_;
    Options options_;
    std::map<NodeId, Tracked> peers_;
    double budget_ = 0; // probes
    std::optional<TimePoint> budget_at_;
};

} // namespace coax
