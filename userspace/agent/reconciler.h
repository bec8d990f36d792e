// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/datapath/handover.h"
#include "agent/datapath/table_sync.h"
#include "agent/datapath/uplinks.h"
#include "agent/memory.h"
#include "agent/pass.h"
#include "agent/peers/keyring.h"
#include "agent/peers/lanes.h"
#include "agent/peers/tunnels.h"
#include "agent/ports/ports.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

/// What the last pass did, for `status`.
struct PassReport {
    std::chrono::steady_clock::time_point at;
    std::chrono::milliseconds took{0};
    std::uint32_t changes = 0;
    std::vector<Degradation> degraded;
    std::string error; // first one; empty: none
};

/// Makes the kernel equal to the desired state: observe, diff, apply, module by module, in an order
/// that neither lets clear text out nor points at what does not exist yet:
/// guard on the uplinks; lanes and their peers; hand-over device; ports, still down; tables; ports
/// up; only then what is no longer wanted goes. A pass over a kernel that is right changes nothing.
/// Runs on the event loop; blocking. Owns the modules; what `needs` refers to outlives it.
/// Failure: a pass does as much as is safe, reports the rest, and the next pass completes it.
class Reconciler {
  public:
    struct Needs {
        Links &links;
        Namespaces &namespaces;
        WireGuard &wireguard;
        Datapath &datapath;
        Keyring &keys;
        Memory &memory;
        const Clock &clock;
        Log log;
        bool has_decap_l3 = false;
        // Known since the start: "backend = auto fell back".
        std::vector<Degradation> standing;
    };
    explicit Reconciler(Needs needs);

    /// One pass; `known`: what works less well for other reasons. The error is the first one met, also
    /// in report().
    Status run(const DesiredState &state, const std::vector<Degradation> &known = {});

    /// Ages the FDB; logs a failure.
    void sweep(const DesiredState &state);

    /// Everything of `instance` goes, the guard last; keys stay. Appends a line for each thing removed.
    Status remove_all(const std::string &instance, std::vector<std::string> &removed);

    [[nodiscard]] const PassReport &report() const { return report_; }
    [[nodiscard]] const Uplinks &uplinks() const { return uplinks_; }
    [[nodiscard]] const Lanes &lanes() const { return lanes_; }
    [[nodiscard]] const Ports &ports() const { return ports_; }
    [[nodiscard]] const TableSync &tables() const { return tables_; }
    [[nodiscard]] std::size_t static_fdb_entries() const { return tables_.static_fdb_entries(); }
    [[nodiscard]] const UnderlayMtu &mtu() const { return mtu_; }
    /// Which keys what goes to a peer takes, as the last pass left it.
    [[nodiscard]] Path path_to(const DesiredState &state, NodeId peer) const;
    /// Some path is not where it is to be in the end, and something happens: the next pass should not
    /// be far.
    [[nodiscard]] bool settles_soon() const {
        return settling_ && needs_.clock.monotonic_now() < restless_until_;
    }
    /// As of the last pass, the lanes of the next keys are there and the tables know them.
    [[nodiscard]] bool next_keys_ready() const { return next_keys_ready_; }
    [[nodiscard]] Tunnels tunnels() const {
        return {lanes_.indices(KeySet::kFirst), lanes_.indices(KeySet::kSecond), &tables_.paths()};
    }

  private:
    Status run_pass(const DesiredState &state, Pass &pass);
    void report_networks(const DesiredState &state, Pass &pass) const;
    void publish(const Pass &pass);
    [[nodiscard]] ResolvedLinks resolved() const;
    [[nodiscard]] bool is_settling(const DesiredState &state, const OwnSets &own) const;

    Needs needs_;
    Uplinks uplinks_;
    Lanes lanes_;
    Handover handover_;
    Ports ports_;
    TableSync tables_;
    UnderlayMtu mtu_;
    PassReport report_;
    bool settling_ = true;
    bool next_keys_ready_ = false;
    std::chrono::steady_clock::time_point restless_until_{};
    std::set<std::string> known_errors_; // logged, and not gone since
};

} // namespace coax
