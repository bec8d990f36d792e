// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/metric.h"

#include <algorithm>
#include <array>

namespace coax {
namespace {

constexpr std::array kSpecs{
#define COAX_METRIC_SPEC(id, kind, name, labels, help)                                             \
    MetricSpec{Metric::k##id, MetricKind::k##kind, name, labels, help},
    COAX_METRICS(COAX_METRIC_SPEC)
#undef COAX_METRIC_SPEC
};

std::string_view last_word(std::string_view name) {
    if (name.ends_with("_total"))
        name.remove_suffix(std::string_view("_total").size());
    return name.substr(name.rfind('_') + 1);
}

} // namespace

std::vector<std::string> MetricSpec::labels() const {
    std::vector<std::string> all;
    for (std::string_view rest = label_list; !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        all.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return all;
}

std::string_view MetricSpec::module() const {
    constexpr std::string_view kPrefix = "coax_";
    const std::string_view rest = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
    return rest.substr(0, rest.find('_'));
}

std::string_view MetricSpec::unit() const {
    const std::string_view word = last_word(name);
    for (const std::string_view unit : {"bytes", "seconds", "packets", "entries"}) {
        if (word == unit)
            return unit;
    }
    if (word == "info")
        return "1";
    for (const std::string_view state :
         {"up", "failed", "guarded", "threaded", "mode", "dispatcher"}) {
        if (word == state)
            return "1 or 0";
    }
    return "count";
}

std::span<const MetricSpec> metric_specs() {
    return kSpecs;
}

const MetricSpec &spec_of(Metric metric) {
    return kSpecs.at(static_cast<std::size_t>(metric));
}

} // namespace coax
