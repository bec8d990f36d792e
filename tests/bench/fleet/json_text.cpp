// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/json_text.h"

#include <algorithm>
#include <cmath>

namespace coax::bench {

using nlohmann::json;

template <typename Number>
json summary(std::vector<Number> values) {
    json result = {{"count", values.size()}};
    if (values.empty())
        return result;
    std::ranges::sort(values);
    const auto rank = [&](double share) {
        const double at = std::ceil(share * static_cast<double>(values.size()));
        return values[static_cast<std::size_t>(std::max(at, 1.0)) - 1];
    };
    result["p50"] = rank(0.50);
    result["p99"] = rank(0.99);
    result["max"] = values.back();
    return result;
}

template json summary(std::vector<float> values);
template json summary(std::vector<double> values);

json to_json(const Fleet::Arrivals &arrivals) {
    return {{"complete", arrivals.complete},
            {"agents", arrivals.agents},
            {"welcome_s", summary(arrivals.welcome)},
            {"current_s", summary(arrivals.current)},
            {"full_view_s", summary(arrivals.full_view)}};
}

json to_json(const Fleet::Churned &churned) {
    return {{"complete", churned.complete},
            {"moves", churned.moves},
            {"returns", churned.returns},
            {"reached_each_ms", summary(churned.samples.reached_each)},
            {"reached_all_ms", summary(churned.samples.reached_all)},
            {"returned_ms", summary(churned.samples.current)}};
}

json to_json(const OneAgent &cost) {
    return {{"peers", cost.peers},
            {"verify_us", cost.verify_us},
            {"again_us", cost.again_us},
            {"bytes_per_peer", cost.bytes_per_peer}};
}

} // namespace coax::bench
