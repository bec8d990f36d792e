// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "agent/pass.h"
#include "lib/base/log.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"

namespace coax {

/// The guard on the uplinks from boot on, without an agent: xdp_uplink and tc_uplink on every uplink
/// there is, tables that say what must not be seen in clear, no WireGuard port. It holds whether an
/// agent starts later or never.
/// One thread. Owns nothing: programs, maps and pins outlive the process. What `needs` refers to
/// outlives it.
/// Where an agent has been, its tables are left as they are; while one runs, everything is left to
/// it. Failure: an error leaves what was there; another pass continues.
class BootGuard {
  public:
    /// Opens the data path of the instance, hands it over, closes it.
    using WithDatapath = std::function<Status(const std::function<Status(Datapath &)> &use)>;
    struct Needs {
        DesiredStatePtr state;
        Links &links;
        WithDatapath with_datapath;
        std::function<bool()> is_pinned; // something of the instance is
        Log log;
    };
    explicit BootGuard(Needs needs) : needs_(std::move(needs)) {}

    /// From the next pass on. What is guarded stays guarded.
    void set_state(DesiredStatePtr state) { needs_.state = std::move(state); }

    /// Guards the uplinks that are there and were not guarded by an earlier pass.
    Status pass();

    /// True once `coax down` has taken away what was guarded: there is nothing left to do.
    [[nodiscard]] bool is_over() const { return is_over_; }
    /// True when the last pass left an uplink to the agent that runs: it may end before it sees to
    /// it, so another pass is due soon.
    [[nodiscard]] bool is_agents() const { return is_agents_; }
    /// Uplinks of the configuration that a pass of this guard has guarded.
    [[nodiscard]] std::size_t guarded() const;
    /// One line for the service manager.
    [[nodiscard]] std::string summary() const;

  private:
    Result<bool> has_new_uplink();
    Status protect(Datapath &datapath);
    Status write_tables(Datapath &datapath);

    Needs needs_;
    std::map<std::string, IfIndex> guarded_; // by the uplink's name
    bool is_agents_ = false;
    bool was_pinned_ = false;
    bool is_over_ = false;
};

} // namespace coax
