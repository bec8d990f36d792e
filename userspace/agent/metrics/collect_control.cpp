// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "agent/control/control.h"
#include "agent/control/rotation.h"
#include "agent/metrics/collector.h"

namespace coax {

void add_keys(const ViewSource &source, Snapshot &out) {
    const KeyState &state = source.keys.state();
    const std::chrono::duration<double> age = source.clock.system_now() - state.since;
    out.add(Metric::kLaneKeysAge, std::max(age.count(), 0.0));
    out.add(Metric::kLaneKeysChanging, state.changing);
    out.add(Metric::kLaneKeysWaits,
            source.rotation == nullptr ? 0 : source.rotation->waits().size());
}

void add_control(const ViewSource &source, Snapshot &out) {
    if (source.control == nullptr)
        return;
    const Control &control = *source.control;
    std::size_t in_force = 0;
    std::size_t refused = 0;
    std::size_t gone = 0;
    for (const auto &[id, node] : control.claims().nodes()) {
        in_force += node.peer ? 1 : 0;
        refused += node.refused ? 1 : 0;
        gone += node.gone ? 1 : 0;
    }
    out.add(Metric::kControlConnected, control.stream_state() == FleetClient::State::kWelcome);
    if (const auto age = control.view_age())
        out.add(Metric::kControlViewAge, static_cast<double>(age->count()));
    out.add(Metric::kControlViewSaved, control.saved().saved && control.saved().error.empty());
    out.add(Metric::kControlNodes, in_force, {"in_force"});
    out.add(Metric::kControlNodes, refused, {"refused"});
    out.add(Metric::kControlNodes, gone, {"gone"});
    for (const auto &[reason, count] : control.refused_counts())
        out.add(Metric::kControlRefused, count, {reason});
    for (const Control::Expiry &expiry : control.expiries())
        if (expiry.left.left != std::chrono::seconds::max())
            out.add(Metric::kControlExpiryLeft, static_cast<double>(expiry.left.left.count()),
                    {expiry.what});
    out.add(Metric::kControlRevocations, control.identity().revocations.list().version);
}

} // namespace coax
