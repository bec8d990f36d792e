// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>

#include "agent/liveness/liveness.h"
#include "agent/peers/tunnels.h"
#include "lib/base/log.h"
#include "lib/bpf/datapath.h"
#include "lib/net/tunnel_sender.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Which path a peer's data path takes to this node.
struct PathReport {
    std::uint64_t asked_ns = 0; // CLOCK_MONOTONIC: when it was asked; 0: it did not answer yet
    Path path;                  // its `from` are the peer's sets, `to` this node's
};

/// Liveness on the real tunnels: reads what the data path saw, sends the probes that are due, logs who
/// died and who came back. Runs on the event loop, a tick twice a second; blocks for the map reads.
/// Failure: logged once until it is over; peers keep their last state, none is declared dead of it.
class Prober {
  public:
    struct Needs {
        Datapath &datapath;
        TunnelSender &sender;
        const Clock &clock;
        Log log;
        std::uint64_t seed; // another one in every agent
    };
    explicit Prober(Needs needs);

    void tick(const DesiredState &state, const Tunnels &tunnels);

    /// From now on these, and only these, are asked about once a second which path they take to this
    /// node.
    void ask_paths(std::set<NodeId> peers);
    /// Nobody is asked any more, and what was said is forgotten.
    void forget_paths();
    /// What a peer said last.
    [[nodiscard]] PathReport path_report(NodeId peer) const;

    [[nodiscard]] const Liveness &liveness() const { return liveness_; }

  private:
    Status look(const DesiredState &state);
    Status probe(const DesiredState &state, const Tunnels &tunnels);
    Status ask(const DesiredState &state, const Tunnels &tunnels);
    Status send(const TunnelPath &way, IpAddress vtep, const Liveness::Probe &probe,
                std::uint16_t flags);
    void report(const DesiredState &state, const Liveness::Change &change);
    void report(const Status &done);

    Needs needs_;
    Liveness liveness_;
    std::mt19937_64 random_;
    std::set<NodeId> asked_;
    NodeId asked_last_; // they are asked in turns
    std::uint32_t attempts_ = 0;
    std::map<NodeId, PathReport> reports_;
    std::string failing_; // what was logged and is not over
    std::chrono::steady_clock::time_point failed_at_;
};

} // namespace coax
