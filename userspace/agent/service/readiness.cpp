// SPDX-License-Identifier: Apache-2.0
#include "agent/service/readiness.h"

#include <fmt/format.h>

namespace coax {

std::optional<std::string> unready_reason(const DesiredState &state, const Lanes &lanes,
                                          const Ports &ports) {
    for (const LaneStatus &lane : lanes.status()) {
        if (lane.link.value() == 0)
            return fmt::format("lane {}: {}", lane.device, lane.error);
    }
    for (const auto &[name, port] : state.ports) {
        if (port.kind != PortKind::kHost)
            continue;
        const auto found = ports.status().find(name);
        if (found == ports.status().end())
            return fmt::format("port {}: not made yet", name);
        if (!found->second.up || !found->second.error.empty())
            return fmt::format("port {}: {}", name,
                               found->second.error.empty() ? "not up yet" : found->second.error);
    }
    return std::nullopt;
}

void Readiness::passed(const std::optional<std::string> &unready) {
    if (is_ready_)
        return;
    if (unready) {
        service_.status("waits for " + *unready);
        return;
    }
    is_ready_ = true;
    service_.ready("addresses are usable");
}

// Before READY a reload changes nothing about it.
void Readiness::reload_began() const {
    if (is_ready_)
        service_.reloading();
}

void Readiness::reload_ended(const std::string &error) const {
    if (is_ready_)
        service_.ready(error.empty() ? "configuration reloaded" : "reload " + error);
}

} // namespace coax
