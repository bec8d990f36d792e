// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "agent/liveness/liveness.h"
#include "lib/base/log.h"
#include "lib/bpf/datapath.h"
#include "lib/net/tunnel_sender.h"
#include "lib/state/desired_state.h"

namespace coax {

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

    /// `lanes`: interface by lane, 0 where there is none.
    void tick(const DesiredState &state, const std::vector<IfIndex> &lanes);

    [[nodiscard]] const Liveness &liveness() const { return liveness_; }

  private:
    Status look(const DesiredState &state);
    Status probe(const DesiredState &state, const std::vector<IfIndex> &lanes);
    Status send(const DesiredState &state, const Liveness::Probe &probe, IfIndex lane);
    void report(const DesiredState &state, const Liveness::Change &change);
    void report(const Status &done);

    Needs needs_;
    Liveness liveness_;
    std::string failing_; // what was logged and is not over
    std::chrono::steady_clock::time_point failed_at_;
};

} // namespace coax
