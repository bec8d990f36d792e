// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/memory.h"
#include "agent/pass.h"
#include "agent/peers/keyring.h"
#include "agent/peers/lane_config.h"
#include "agent/peers/paths.h"
#include "lib/base/clock.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// A lane as the last pass left it.
struct LaneStatus {
    LaneId id;
    std::string device;
    IfIndex link; // 0: not there
    std::uint32_t mtu = 0;
    bool threaded_napi = false;
    std::string error; // empty: fine
};

/// The WireGuard devices of this node and the peers on them: those of the keys in use and, while keys
/// change, those of the next ones.
/// Runs on the event loop. Owns the devices named <instance>-wg<slot>; the references given to the
/// constructor outlive it. A lane that fails does not keep the others from being made right; what is
/// missing is done by the next pass. Peers are removed only by prune(), after the tables have
/// stopped to point at them.
class Lanes {
  public:
    struct Needs {
        Links &links;
        WireGuard &wireguard;
        Datapath &datapath;
        Keyring &keys;
        Memory &memory;
        const Clock &clock;
    };
    explicit Lanes(const Needs &needs) : needs_(needs) {}

    /// Devices exist, are configured, guarded by tc_lane and up; peers are added and changed. An error:
    /// the links could not be read, nothing is known and the pass must end.
    Status ensure(const DesiredState &state, std::uint32_t mtu, Pass &pass);
    /// Peers and lanes that are no longer wanted go.
    void prune(const DesiredState &state, Pass &pass);
    /// Every lane of `instance`, wanted or not; appends a line for each.
    Status remove_all(const std::string &instance, std::vector<std::string> &removed);

    /// Those of the keys in use first, each set by lane.
    [[nodiscard]] const std::vector<LaneStatus> &status() const { return status_; }
    /// Of one set, by lane, 0 where there is none.
    [[nodiscard]] std::vector<IfIndex> indices(KeySet set) const;

    /// All lanes of a set are there and right.
    [[nodiscard]] bool are_up(KeySet set) const;

    /// Whom each lane has a session with, as the last pass saw it; without `watch_sessions` nobody.
    void watch_sessions(bool watch) { watch_ = watch; }
    [[nodiscard]] const Sessions &sessions() const { return sessions_; }

  private:
    struct Restarts {
        std::uint32_t count = 0;
        std::chrono::steady_clock::time_point last;
    };

    Status reset_status(const DesiredState &state);
    Status ensure_lane(const DesiredState &state, LaneStatus &lane, std::uint32_t mtu, Pass &pass);
    Result<Link> ensure_device(const DesiredState &state, LaneStatus &lane, Pass &pass);
    Status configure_link(const Link &link, std::uint32_t mtu, Pass &pass);
    Status configure_peers(const DesiredState &state, const LaneStatus &lane, Pass &pass);
    void set_threaded(LaneStatus &lane, const DesiredState &state);
    void note_sessions(LaneId id, const WgDevice &device);
    [[nodiscard]] bool is_wanted(std::uint32_t slot) const;
    void report_restarts(Pass &pass);

    Needs needs_;
    std::vector<LaneStatus> status_;
    std::map<LaneId, std::vector<PublicKey>> to_remove_;
    std::set<IfIndex> settled_; // one-time settings are done
    std::set<LaneId> seen_;     // lanes that existed once
    std::map<LaneId, Restarts> restarts_;
    bool watch_ = true;
    Sessions sessions_;
};

} // namespace coax
