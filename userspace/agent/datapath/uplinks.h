// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/memory.h"
#include "agent/pass.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"

namespace coax {

/// An uplink as the last pass found it.
struct UplinkStatus {
    std::string name;
    IfIndex link; // 0: missing
    std::uint32_t mtu = 0;
    bool up = false;
    bool guarded = false; // both programs are attached
    AttachedUplink attached;
};

/// What the underlay allows, in bytes.
struct UnderlayMtu {
    std::uint32_t underlay = 0;
    std::uint32_t lane = 0;
    std::uint32_t inner = 0;
};

/// The NICs that carry WireGuard packets, and the guard on them.
/// Runs on the event loop; the references given to the constructor outlive it. Makes no link. An
/// uplink that is missing is a degradation and is guarded as soon as a pass finds it; one that is there
/// but cannot be guarded ends the pass: nothing is brought up behind an open door.
class Uplinks {
  public:
    struct Needs {
        Links &links;
        Datapath &datapath;
        Memory &memory;
    };
    explicit Uplinks(const Needs &needs) : needs_(needs) {}

    /// Reads the uplinks and attaches the guard.
    Status protect(const DesiredState &state, Pass &pass);
    /// Detaches from what is an uplink no longer.
    void prune(const DesiredState &state, Pass &pass);

    /// Of the uplinks that are there; as before while none is. kInvalid when too small.
    Result<UnderlayMtu> mtu(const DesiredState &state);

    [[nodiscard]] const std::vector<UplinkStatus> &status() const { return status_; }
    /// True when an uplink appeared, went or is another interface since the last pass. False where the
    /// kernel does not answer: the next pass will say so.
    [[nodiscard]] bool have_moved(const DesiredState &state) const;

  private:
    Status observe(const DesiredState &state);
    Status protect_one(const DesiredState &state, UplinkStatus &uplink, Pass &pass);
    static void report(const DesiredState &state, const UplinkStatus &uplink, Pass &pass);

    Needs needs_;
    std::vector<UplinkStatus> status_;
    std::uint32_t last_mtu_ = 0;
};

/// Pure: lane and inner MTU for an underlay MTU in bytes; kInvalid naming the figures.
Result<UnderlayMtu> underlay_mtu_of(const DesiredState &state, std::uint32_t underlay_mtu);

} // namespace coax
