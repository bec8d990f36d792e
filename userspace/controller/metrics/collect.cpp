// SPDX-License-Identifier: Apache-2.0
#include "controller/metrics/collect.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "controller/metrics/metric_list.h"
#include "controller/version.h"
#include "lib/metrics/metric.h"
#include "lib/process/process_usage.h"

namespace coax::controller {
namespace {

enum class Row {
#define COAX_METRIC_ENUM(id, kind, name, labels, help) k##id,
    COAX_CONTROLLER_METRICS(COAX_METRIC_ENUM)
#undef COAX_METRIC_ENUM
};

constexpr std::array kRows{
#define COAX_METRIC_SPEC(id, kind, name, labels, help)                                             \
    MetricSpec{Metric{}, MetricKind::k##kind, name, labels, help},
    COAX_CONTROLLER_METRICS(COAX_METRIC_SPEC)
#undef COAX_METRIC_SPEC
};

class Page {
  public:
    Page() : families_(kRows.size()) {
        for (std::size_t i = 0; i < kRows.size(); ++i) {
            families_[i].name = kRows.at(i).name;
            families_[i].help = kRows.at(i).help;
            families_[i].type = kRows.at(i).kind == MetricKind::kCounter
                                    ? prometheus::MetricType::Counter
                                    : prometheus::MetricType::Gauge;
        }
    }

    template <typename Number>
    void add(Row row, Number value, std::initializer_list<std::string> label_values = {}) {
        const auto index = static_cast<std::size_t>(row);
        const std::vector<std::string> names = kRows.at(index).labels();
        prometheus::ClientMetric &metric = families_[index].metric.emplace_back();
        auto name = names.begin();
        for (const std::string &label : label_values)
            metric.label.push_back({*name++, label});
        const bool counter = kRows.at(index).kind == MetricKind::kCounter;
        (counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
    }

    [[nodiscard]] std::string text() const {
        std::vector<prometheus::MetricFamily> filled;
        for (const prometheus::MetricFamily &family : families_)
            if (!family.metric.empty())
                filled.push_back(family);
        std::ostringstream out;
        prometheus::TextSerializer().Serialize(out, filled);
        return std::move(out).str();
    }

  private:
    std::vector<prometheus::MetricFamily> families_;
};

void add_hub(Page &page, const ControllerState &state) {
    const FleetCounts &hub = state.hub;
    page.add(Row::kAgents, hub.agents, {"welcome"});
    page.add(Row::kAgents, hub.pending, {"pending"});
    page.add(Row::kAgents, hub.unfinished, {"unfinished"});
    page.add(Row::kWelcomes, hub.welcomes);
    for (const auto &[reason, count] : hub.refusals)
        page.add(Row::kRefusals, count, {reason});
    page.add(Row::kUpdates, hub.updates);
    page.add(Row::kMergedUpdates, hub.merged);
    page.add(Row::kMessages, hub.messages_sent);
    page.add(Row::kSendBytes, hub.bytes_sent);
    page.add(Row::kSnapshotBuilds, state.builds.snapshots);
    page.add(Row::kChangeBuilds, state.builds.changes);
    page.add(Row::kGoneTold, state.gone_told);
    page.add(Row::kLeasesExpired, hub.leases_expired, {"node"});
    page.add(Row::kLeasesExpired, state.presence.leases_expired, {"controller"});
    page.add(Row::kHolding, state.holding ? 1 : 0);
}

void add_cluster(Page &page, const ControllerState &state) {
    page.add(Row::kNodes, state.nodes_online, {"online"});
    page.add(Row::kNodes, state.nodes - std::min(state.nodes, state.nodes_online), {"offline"});
    page.add(Row::kNodes, state.nodes_pending, {"pending"});
    page.add(Row::kNetworks, state.networks);
    page.add(Row::kPorts, state.ports);
}

void add_store(Page &page, const ControllerState &state) {
    page.add(Row::kStoreUp, state.store_error.empty() ? 1 : 0);
    page.add(Row::kStoreRevision, state.revision.value());
    page.add(Row::kStoreCalls, state.store.reads, {"read"});
    page.add(Row::kStoreCalls, state.store.writes, {"write"});
    page.add(Row::kStoreSeconds, state.store.read_seconds, {"read"});
    page.add(Row::kStoreSeconds, state.store.write_seconds, {"write"});
    page.add(Row::kStoreErrors, state.store.errors);
    page.add(Row::kStoreLists, state.lists);
    page.add(Row::kAuditLines, state.store.audit_lines);
}

void add_process(Page &page, const ScrapeCounts &scrapes) {
    page.add(Row::kScrapes, scrapes.answered, {"answered"});
    page.add(Row::kScrapes, scrapes.refused, {"refused"});
    page.add(Row::kScrapes, scrapes.bad, {"bad"});
    const auto usage = process_usage();
    if (!usage.ok())
        return; // left out, never 0
    page.add(Row::kProcessCpu, usage->cpu_seconds);
    page.add(Row::kProcessResidentMemory, usage->resident_bytes);
    page.add(Row::kProcessOpenFds, usage->open_fds);
    page.add(Row::kProcessStartTime, usage->start_time_seconds);
}

} // namespace

std::string collect(const ControllerFacts &facts, const ControllerState &state,
                    const ScrapeCounts &scrapes) {
    Page page;
    page.add(Row::kBuildInfo, 1, {std::string(version()), facts.name, facts.store_kind});
    page.add(Row::kAutoAdmit, facts.auto_admit ? 1 : 0);
    add_hub(page, state);
    add_cluster(page, state);
    add_store(page, state);
    add_process(page, scrapes);
    return page.text();
}

std::string controller_metrics_reference() {
    std::string out = "<!-- Made from the list of metrics by `ninja controller_reference`; do not "
                      "edit. -->\n# Metrics of coax-controller\n\nPrometheus text format at "
                      "`http://127.0.0.1:9788/metrics`, or where `metrics.listen` says. There is "
                      "neither a\npassword nor TLS. No series is about a single node, so their "
                      "number does not grow with the cluster.\n\n"
                      "| name | kind | labels | meaning |\n|---|---|---|---|\n";
    for (const MetricSpec &row : kRows) {
        std::string labels;
        for (const std::string &label : row.labels())
            labels += fmt::format("{}`{}`", labels.empty() ? "" : ", ", label);
        out +=
            fmt::format("| `{}` | {} | {} | {} |\n", row.name,
                        row.kind == MetricKind::kCounter ? "counter" : "gauge", labels, row.help);
    }
    return out;
}

} // namespace coax::controller
