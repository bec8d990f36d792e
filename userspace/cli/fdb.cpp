// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/format.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "coax/abi/limits.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kDefaultLimit = 10000;

struct Options {
    std::uint32_t vni = 0;
    std::string network;
    std::uint32_t limit = kDefaultLimit;
    WatchOption watch;
};

std::vector<Column> columns() {
    return {{"NETWORK", Align::kLeft, 8},
            {"VNI", Align::kRight},
            {"MAC"},
            {"WHERE", Align::kLeft, 8},
            {"TYPE"},
            {"AGE", Align::kRight}};
}

std::vector<Cell> row(const api::FdbEntry &entry) {
    const std::string age = entry.age_ms() < 0 ? "-" : format_age_ms(entry.age_ms());
    return {{entry.network()}, {fmt::format("{}", entry.vni())},
            {entry.mac()},     {entry.where()},
            {entry.type()},    {age}};
}

/// The VNI of a network this node knows.
Result<std::uint32_t> vni_of(AgentClient &agent, const std::string &name) {
    COAX_ASSIGN_OR_RETURN(const api::Status status, agent.status());
    std::vector<std::string> known;
    for (const api::NetworkStatus &network : status.networks()) {
        if (network.name() == name)
            return network.vni();
        known.push_back(network.name());
    }
    return Error(ErrorCode::kInvalid, fmt::format("no network \"{}\" here: expected one of: {}",
                                                  name, fmt::join(known, ", ")));
}

ExitCode run(const Session &session, const Options &options) {
    const Round round = [&](AgentClient &agent) -> Result<Block> {
        std::uint32_t vni = options.vni;
        if (!options.network.empty()) {
            COAX_ASSIGN_OR_RETURN(vni, vni_of(agent, options.network));
        }
        COAX_ASSIGN_OR_RETURN(const api::Fdb fdb, agent.fdb(vni, options.limit));
        return Block{render_fdb(fdb, session.view()), to_json(fdb)};
    };
    return run_rounds(session, options.watch, false, round);
}

} // namespace

std::string render_fdb(const api::Fdb &fdb, const View &view) {
    if (fdb.entries().empty())
        return "no entries\n";
    Table table(columns());
    for (const api::FdbEntry &entry : fdb.entries())
        table.add(row(entry));
    std::string out = table.render(view);
    if (fdb.truncated()) {
        const auto shown = static_cast<std::uint64_t>(fdb.entries_size());
        out += paint(
            fmt::format("{} of {} entries; more with --limit", shown, format_count(fdb.total())),
            Tone::kDim, view);
        out.push_back('\n');
    }
    return out;
}

void add_fdb(Verb app, Action &action) {
    auto options = std::make_shared<Options>();
    const Verb verb = app.add_subcommand("fdb", "Which MAC address is behind which port or node");
    const Option vni = verb.add_option("--vni", options->vni, "Only this network, by number")
                           .type_name("VNI")
                           .in_range(COAX_VNI_MIN, COAX_VNI_MAX);
    verb.add_option("--network", options->network, "Only this network, by name")
        .type_name("NAME")
        .excludes(vni);
    verb.add_option("--limit", options->limit, "At most so many entries (default 10000)")
        .type_name("COUNT")
        .in_range(1, INT32_MAX);
    options->watch.add_to(verb);
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
