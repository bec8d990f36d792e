// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "cli/format.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/watch.h"

namespace coax::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    bool all = false;
    WatchOption watch;
};

struct Sample {
    api::Drops drops;
    Clock::time_point at;
};

/// Row numbers, most packets first.
std::vector<int> by_packets(const api::Drops &drops) {
    std::vector<int> order(static_cast<std::size_t>(drops.drops_size()));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&drops](int a, int b) {
        return drops.drops(a).packets() > drops.drops(b).packets();
    });
    return order;
}

Cell rate_cell(const std::vector<double> *rates, int row) {
    if (rates == nullptr || rates->empty())
        return {"-", Tone::kDim};
    const double rate = rates->at(static_cast<std::size_t>(row));
    return {format_rate(rate), rate > 0 ? Tone::kWarn : Tone::kDim};
}

/// What each reason means, once.
std::string legend(const api::Drops &drops, const std::vector<int> &order, const View &view) {
    constexpr std::size_t kGap = 2;
    std::size_t indent = 0;
    for (const api::DropCount &drop : drops.drops())
        indent = std::max(indent, display_width(printable(drop.reason())) + kGap);
    if (!view.wide)
        indent = std::min(indent, view.width / 2);
    std::string out;
    std::set<std::string> seen;
    for (const int i : order) {
        const api::DropCount &drop = drops.drops(i);
        if (!seen.insert(drop.reason()).second)
            continue;
        std::string label = truncate_middle(printable(drop.reason()), indent - kGap);
        label.append(indent - display_width(label), ' ');
        for (const auto &line : wrap(printable(drop.text()), view.wide ? 0 : view.width - indent)) {
            out.append(label).append(paint(line, Tone::kDim, view)).push_back('\n');
            label.assign(indent, ' ');
        }
    }
    return out;
}

/// Rates per second since `before`, where there is one.
Json with_rates(const api::Drops &drops, const std::vector<double> &rates) {
    Json json = to_json(drops);
    for (std::size_t i = 0; i < rates.size(); ++i)
        json["drops"][i]["packets_per_second"] = rates[i];
    return json;
}

ExitCode run(const Session &session, const Options &options) {
    std::optional<Sample> before;
    const Round round = [&](AgentClient &agent) -> Result<Block> {
        COAX_ASSIGN_OR_RETURN(api::Drops drops, agent.drops(options.all));
        const Clock::time_point now = session.host().pacer.now();
        if (!options.watch.wanted())
            return Block{render_drops(drops, nullptr, session.view()), to_json(drops)};
        std::vector<double> rates;
        if (before) {
            const std::chrono::duration<double> passed = now - before->at;
            rates = drop_rates(before->drops, drops, passed.count());
        }
        Block block{render_drops(drops, &rates, session.view()), with_rates(drops, rates)};
        before = Sample{std::move(drops), now};
        return block;
    };
    return run_rounds(session, options.watch, false, round);
}

} // namespace

std::vector<double> drop_rates(const api::Drops &before, const api::Drops &now, double seconds) {
    std::map<std::pair<std::string, std::string>, std::uint64_t> earlier;
    for (const api::DropCount &drop : before.drops())
        earlier[{drop.hook(), drop.reason()}] = drop.packets();
    std::vector<double> rates;
    for (const api::DropCount &drop : now.drops()) {
        const auto found = earlier.find({drop.hook(), drop.reason()});
        const std::uint64_t start =
            found == earlier.end() || found->second > drop.packets() ? 0 : found->second;
        const auto dropped = static_cast<double>(drop.packets() - start);
        rates.push_back(seconds > 0 ? dropped / seconds : 0);
    }
    return rates;
}

std::string render_drops(const api::Drops &drops, const std::vector<double> *rates,
                         const View &view) {
    if (drops.drops().empty())
        return "no drops\n";
    std::vector<Column> columns = {{"HOOK", Align::kLeft, 8},
                                   {"REASON", Align::kLeft, 12},
                                   {"PACKETS", Align::kRight},
                                   {"BYTES", Align::kRight}};
    if (rates != nullptr)
        columns.push_back({"RATE", Align::kRight});
    Table table(std::move(columns));
    const std::vector<int> order = by_packets(drops);
    for (const int i : order) {
        const api::DropCount &drop = drops.drops(i);
        const Tone tone = drop.packets() == 0 ? Tone::kDim : Tone::kPlain;
        table.add({{drop.hook(), tone},
                   {drop.reason(), tone},
                   {format_count(drop.packets()), tone},
                   {format_bytes(drop.bytes()), tone},
                   rate_cell(rates, i)});
    }
    return table.render(view) + "\n" + legend(drops, order, view);
}

void add_drops(Verb app, Action &action) {
    auto options = std::make_shared<Options>();
    const Verb verb = app.add_subcommand("drops", "What was dropped, where, why, and what to do");
    verb.add_flag("-a,--all", options->all, "Also reasons that never happened");
    options->watch.add_to(verb);
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
