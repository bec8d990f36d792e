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
#include "lib/base/clock.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// A lane as the last pass left it.
struct LaneStatus {
    std::string device;
    IfIndex link; // 0: not there
    std::uint32_t mtu = 0;
    bool threaded_napi = false;
    std::string error; // empty: fine
};

/// The WireGuard devices of this node and the peers on them.
/// Runs on the event loop. Owns the devices named <instance>-wg<N>; the references given to the
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

    [[nodiscard]] const std::vector<LaneStatus> &status() const { return status_; }
    /// By lane, 0 where there is none.
    [[nodiscard]] std::vector<IfIndex> indices() const;

  private:
    struct Restarts {
        std::uint32_t count = 0;
        std::chrono::steady_clock::time_point last;
    };

    Status reset_status(const DesiredState &state);
    Status ensure_lane(const DesiredState &state, std::uint32_t lane, std::uint32_t mtu,
                       Pass &pass);
    Result<Link> ensure_device(const DesiredState &state, std::uint32_t lane, Pass &pass);
    Status configure_link(const Link &link, std::uint32_t mtu, Pass &pass);
    Status configure_peers(const DesiredState &state, std::uint32_t lane, Pass &pass);
    void set_threaded(std::uint32_t lane, const DesiredState &state);
    void report_restarts(Pass &pass);

    Needs needs_;
    std::vector<LaneStatus> status_;
    std::map<std::uint32_t, std::vector<PublicKey>> to_remove_; // by lane
    std::set<IfIndex> settled_;                                 // one-time settings are done
    std::set<std::uint32_t> seen_;                              // lanes that existed once
    std::map<std::uint32_t, Restarts> restarts_;
};

} // namespace coax
