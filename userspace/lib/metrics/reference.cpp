// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "lib/metrics/metric.h"

namespace coax {
namespace {

constexpr std::string_view kHead =
    "<!-- Made from the list of metrics by `ninja metrics_reference`; do not edit. -->\n"
    "# Metrics of coaxd\n\n"
    "Prometheus text format at `http://127.0.0.1:9786/metrics`, or where `metrics.listen` says;\n"
    "`metrics.listen = \"\"` switches them off. Agents that share a network namespace need an\n"
    "address each. There is neither a password nor TLS: an address that others reach shows them "
    "the\n"
    "names of peers, networks and ports.\n\n"
    "Series per node: 10 for each peer, 7 for each uplink, 6 for each port, network and lane, and\n"
    "about 400 that are always there. No series is about a pair of other nodes, so they grow with\n"
    "the peers, not with their square. `metrics.per_peer = false` leaves the module `peer` out;\n"
    "`mesh`, `lane` and `datapath` say the same in sums, whose number does not depend on the\n"
    "peers.\n\n"
    "The round trip to a peer is that of the last probe it answered: only peers that are silent "
    "are\n"
    "probed. A figure that cannot be read is left out, never shown as 0;\n"
    "`coax_agent_collect_failed` says of which source.\n";

std::string labels_of(const MetricSpec &spec) {
    std::string text;
    for (const std::string &label : spec.labels())
        text += fmt::format("{}`{}`", text.empty() ? "" : ", ", label);
    return text;
}

} // namespace

std::string metrics_reference_markdown() {
    std::string out(kHead);
    std::string_view module;
    for (const MetricSpec &spec : metric_specs()) {
        if (spec.module() != module) {
            module = spec.module();
            out += fmt::format("\n## {}\n\n| name | kind | unit | labels | meaning |\n"
                               "|---|---|---|---|---|\n",
                               module);
        }
        out += fmt::format("| `{}` | {} | {} | {} | {} |\n", spec.name,
                           spec.kind == MetricKind::kCounter ? "counter" : "gauge", spec.unit(),
                           labels_of(spec), spec.help);
    }
    return out;
}

} // namespace coax
