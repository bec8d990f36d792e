// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lib/metrics/metric.h"

namespace coax {

/// The values of one scrape. Plain data, made anew for each: nothing is registered, so a peer that
/// is gone leaves nothing behind.
class Snapshot {
  public:
    Snapshot();

    /// One series. `label_values` in the order of the list's label names, as many as it has.
    void add(Metric metric, double value,
             std::initializer_list<std::string_view> label_values = {});
    template <std::unsigned_integral Count>
    void add(Metric metric, Count value,
             std::initializer_list<std::string_view> label_values = {}) {
        add(metric, static_cast<double>(value), label_values);
    }
    /// A state: 1 or 0.
    void add(Metric metric, bool value, std::initializer_list<std::string_view> label_values = {});

    [[nodiscard]] std::size_t series() const { return series_; }

    /// Prometheus text format 0.0.4, by prometheus-cpp. Metrics without a series are left out.
    [[nodiscard]] std::string text() const;

  private:
    struct Sample {
        double value;
        std::vector<std::string> label_values;
    };
    std::vector<std::vector<Sample>> samples_; // by metric
    std::size_t series_ = 0;
};

} // namespace coax
