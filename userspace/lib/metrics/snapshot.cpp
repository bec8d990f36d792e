// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/snapshot.h"

#include <algorithm>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace coax {

Snapshot::Snapshot() : samples_(metric_specs().size()) {}

void Snapshot::add(Metric metric, double value,
                   std::initializer_list<std::string_view> label_values) {
    samples_[static_cast<std::size_t>(metric)].push_back(
        {value, {label_values.begin(), label_values.end()}});
    ++series_;
}

void Snapshot::add(Metric metric, bool value,
                   std::initializer_list<std::string_view> label_values) {
    add(metric, value ? 1.0 : 0.0, label_values);
}

std::string Snapshot::text() const {
    const prometheus::TextSerializer serializer;
    std::ostringstream out;
    // One family at a time: the library's form of a series takes ten times the memory of ours.
    std::vector<prometheus::MetricFamily> one(1);
    for (const MetricSpec &spec : metric_specs()) {
        const auto &samples = samples_[static_cast<std::size_t>(spec.metric)];
        if (samples.empty())
            continue;
        const bool counter = spec.kind == MetricKind::kCounter;
        const std::vector<std::string> names = spec.labels();
        one.front() = {std::string(spec.name),
                       std::string(spec.help),
                       counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
                       {}};
        for (const Sample &sample : samples) {
            prometheus::ClientMetric &metric = one.front().metric.emplace_back();
            (counter ? metric.counter.value : metric.gauge.value) = sample.value;
            for (std::size_t i = 0; i < std::min(names.size(), sample.label_values.size()); ++i)
                metric.label.push_back({names[i], sample.label_values[i]});
        }
        serializer.Serialize(out, one);
    }
    return std::move(out).str();
}

} // namespace coax
