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

namespace coax::cli {
namespace {

struct Options {
    bool check = false;
    WatchOption watch;
};

Tone tone_of(const std::string &state) {
    if (state == "up")
        return Tone::kGood;
    return state == "stale" ? Tone::kWarn : Tone::kBad;
}

Tone tone_of_presence(const std::string &presence) {
    if (presence == "alive")
        return Tone::kGood;
    return presence == "dead" ? Tone::kBad : Tone::kWarn;
}

std::string round_trip_text(const api::Peer &peer) {
    return peer.round_trip_us() < 0 ? "-" : fmt::format("{:.3f}ms", peer.round_trip_us() / 1e3);
}

std::vector<Column> columns() {
    return {{"PEER", Align::kLeft, 10},
            {"ID", Align::kRight, 0, true},
            {"VTEP"},
            {"STATE"},
            {"HEARD", Align::kLeft, 0, true},
            {"ENDPOINT", Align::kLeft, 12},
            {"LANES", Align::kRight, 0, true},
            {"HANDSHAKE", Align::kRight},
            {"LAST RX", Align::kRight, 0, true},
            {"ROUND TRIP", Align::kRight, 0, true},
            {"RX", Align::kRight},
            {"TX", Align::kRight},
            {"RX FRAMES", Align::kRight, 0, true},
            {"TX FRAMES", Align::kRight, 0, true},
            {"PUBLIC KEYS", Align::kLeft, 0, true}};
}

std::vector<Cell> row(const api::Peer &peer) {
    const std::string endpoint = peer.endpoint().empty() ? "-" : peer.endpoint();
    return {{peer.name()},
            {fmt::format("{}", peer.node_id())},
            {peer.vtep()},
            {peer.state(), tone_of(peer.state())},
            {peer.presence(), tone_of_presence(peer.presence())},
            {endpoint},
            {fmt::format("{}", peer.lanes())},
            {format_age_seconds(peer.handshake_age_seconds())},
            {format_age_ms(peer.last_rx_age_ms())},
            {round_trip_text(peer)},
            {format_bytes(peer.rx_bytes())},
            {format_bytes(peer.tx_bytes())},
            {format_count(peer.overlay_rx_packets())},
            {format_count(peer.overlay_tx_packets())},
            {fmt::format("{}", fmt::join(peer.public_keys(), " "))}};
}

ExitCode run(const Session &session, const Options &options) {
    const Round round = [&session](AgentClient &agent) -> Result<Block> {
        COAX_ASSIGN_OR_RETURN(const api::Peers peers, agent.peers());
        return Block{render_peers(peers, session.view()), to_json(peers), is_degraded(peers)};
    };
    return run_rounds(session, options.watch, options.check, round);
}

} // namespace

std::string render_peers(const api::Peers &peers, const View &view) {
    if (peers.peers().empty())
        return "no peers: add a [[peer]] block to the configuration\n";
    Table table(columns());
    for (const api::Peer &peer : peers.peers())
        table.add(row(peer));
    return table.render(view);
}

bool is_degraded(const api::Peers &peers) {
    return std::any_of(peers.peers().begin(), peers.peers().end(),
                       [](const api::Peer &peer) { return peer.state() != "up"; });
}

void add_peers(Verb app, Action &action) {
    auto options = std::make_shared<Options>();
    const Verb verb =
        app.add_subcommand("peers", "The other nodes: reachable, since when, traffic");
    options->watch.add_to(verb);
    verb.add_flag("--check", options->check, "Exit with 4 when a peer is not up")
        .excludes(options->watch.option());
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
