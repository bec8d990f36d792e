// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "controller/controller_state.h"
#include "lib/metrics/scrape_server.h"

namespace coax::controller {

/// What does not change while the controller runs.
struct ControllerFacts {
    std::string name;
    std::string store_kind; // "sqlite"
    bool auto_admit = false;
};

/// The metrics, in Prometheus text format 0.0.4.
std::string collect(const ControllerFacts &facts, const ControllerState &state,
                    const ScrapeCounts &scrapes);

/// The reference page, REFERENCE.md of this folder.
std::string controller_metrics_reference();

} // namespace coax::controller
