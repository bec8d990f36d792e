// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "agent/peers/lanes.h"
#include "agent/ports/ports.h"
#include "lib/process/service_manager.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Pure: why the addresses of this node cannot be used yet; absent: they can. A lane that is missing,
/// or a `host` port that is not up. Ports of containers do not count: these come and go later.
std::optional<std::string> unready_reason(const DesiredState &state, const Lanes &lanes,
                                          const Ports &ports);

/// Tells the service manager READY once, as soon as a pass leaves nothing to wait for, and keeps its
/// status text: what is waited for, or how the last reload ended.
/// Runs on the event loop; `service` outlives it.
class Readiness {
  public:
    explicit Readiness(const ServiceManager &service) : service_(service) {}

    /// After every pass.
    void passed(const std::optional<std::string> &unready);
    void reload_began() const;
    /// `error` is empty when the new configuration was taken and the pass upon it succeeded.
    void reload_ended(const std::string &error) const;

  private:
    const ServiceManager &service_;
    bool is_ready_ = false;
};

} // namespace coax
