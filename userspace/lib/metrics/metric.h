// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/metrics/metric_list.h"

namespace coax {

enum class MetricKind { kGauge, kCounter };

enum class Metric {
#define COAX_METRIC_ENUM(id, kind, name, labels, help) k##id,
    COAX_METRICS(COAX_METRIC_ENUM)
#undef COAX_METRIC_ENUM
};

/// A row of the list.
struct MetricSpec {
    Metric metric;
    MetricKind kind;
    std::string_view name;
    std::string_view label_list; // separated by commas; empty: none
    std::string_view help;       // one sentence

    [[nodiscard]] std::vector<std::string> labels() const;
    [[nodiscard]] std::string_view module() const; // "peer" of coax_peer_up
    /// "bytes", "seconds", "packets"; "1 or 0", "count" or "1" where the name has no unit.
    [[nodiscard]] std::string_view unit() const;
};

/// In the order of the list, so that static_cast<size_t>(metric) is the index.
std::span<const MetricSpec> metric_specs();
const MetricSpec &spec_of(Metric metric);

/// The reference page, REFERENCE.md of this folder.
std::string metrics_reference_markdown();

} // namespace coax
