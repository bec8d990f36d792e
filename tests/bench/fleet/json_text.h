// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "bench/fleet/fleet.h"
#include "bench/fleet/one_agent.h"

namespace coax::bench {

/// {"count", "p50", "p99", "max"}; only the count when there is none. Nearest rank.
template <typename Number>
nlohmann::json summary(std::vector<Number> values);

nlohmann::json to_json(const Fleet::Arrivals &arrivals);
nlohmann::json to_json(const Fleet::Churned &churned);
nlohmann::json to_json(const OneAgent &cost);

} // namespace coax::bench
