// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/format.h"
#include "cli/render.h"
#include "cli/sheet.h"

namespace coax::cli {
namespace {

// A small node's status fits a screen of 24 lines; --wide shows the rest.
constexpr int kNetworksShown = 4;
constexpr int kDropsShown = 4;

int shown_of(int count, int most, const View &view) {
    return view.wide ? count : std::min(count, most);
}

void more(Sheet &sheet, int hidden, std::string_view noun) {
    if (hidden > 0) {
        sheet.row("", {{fmt::format("and {} more (--wide)",
                                    plural(static_cast<std::uint64_t>(hidden), noun)),
                        Tone::kDim}});
    }
}

void render_node(Sheet &sheet, const api::Status &status) {
    sheet.row("node", {{fmt::format("{} (id {})", status.node_name(), status.node_id())},
                       {"instance " + status.instance()},
                       {"VTEP " + status.vtep()}});
    sheet.row("agent", {{fmt::format("coaxd {} (ABI {})", status.version(), status.abi_version())},
                        {"up " + format_duration(status.uptime_seconds())},
                        {status.config_path()}});
    const auto age_ms =
        static_cast<std::int64_t>(std::min<std::uint64_t>(status.last_reconcile_ms(), INT64_MAX));
    sheet.row("reconciled", {{format_age_ms(age_ms)},
                             {plural(status.last_reconcile_changes(), "change") + " made"}});
    sheet.row("backend", {{status.backend()}});
}

void render_uplink(Sheet &sheet, const api::Uplink &uplink) {
    const bool native = uplink.xdp_mode() == "native";
    const bool detached = uplink.xdp_mode() == "detached" || uplink.xdp_mode().empty();
    const std::string xdp = detached ? "XDP detached"
                                     : fmt::format("XDP {} ({})", uplink.xdp_mode(),
                                                   uplink.dispatcher() ? "dispatcher" : "alone");
    sheet.row("uplink", {{uplink.name()},
                         {uplink.up() ? "up" : "down", uplink.up() ? Tone::kGood : Tone::kBad},
                         {fmt::format("MTU {}", uplink.mtu())},
                         {xdp, native     ? Tone::kGood
                               : detached ? Tone::kBad
                                          : Tone::kWarn}});
}

std::string udp_ports(const api::Status &status) {
    const auto &lanes = status.lanes();
    const std::uint32_t first = lanes[0].listen_port();
    if (lanes.size() == 1)
        return fmt::format("UDP {}", first);
    std::vector<std::uint32_t> ports;
    std::transform(lanes.begin(), lanes.end(), std::back_inserter(ports),
                   [](const api::Lane &lane) { return lane.listen_port(); });
    const bool in_a_row =
        std::adjacent_find(ports.begin(), ports.end(), [](std::uint32_t a, std::uint32_t b) {
            return b != a + 1;
        }) == ports.end();
    return in_a_row ? fmt::format("UDP {}-{}", first, ports.back())
                    : fmt::format("UDP {}", fmt::join(ports, ","));
}

std::string threaded_text(int threaded, int lanes) {
    if (threaded == 0)
        return "threaded NAPI off";
    return threaded == lanes ? "threaded NAPI on"
                             : fmt::format("threaded NAPI on {} of {}", threaded, lanes);
}

/// All lanes in one line.
void render_lanes(Sheet &sheet, const api::Status &status) {
    const auto &lanes = status.lanes();
    if (lanes.empty())
        return sheet.row("lanes", {{"none", Tone::kBad}});
    std::string devices = lanes[0].device();
    if (lanes.size() > 1)
        devices += ".." + lanes[lanes.size() - 1].device();
    std::set<std::uint32_t> mtus;
    for (const api::Lane &lane : lanes)
        mtus.insert(lane.mtu());
    const auto threaded = std::count_if(lanes.begin(), lanes.end(),
                                        [](const api::Lane &lane) { return lane.threaded_napi(); });
    sheet.row("lanes", {{fmt::format("{}: {}", lanes.size(), devices)},
                        {udp_ports(status)},
                        {fmt::format("MTU {}", fmt::join(mtus, "/"))},
                        {threaded_text(static_cast<int>(threaded), lanes.size())}});
}

/// A line per lane, with its key.
void render_lanes_wide(Sheet &sheet, const api::Status &status) {
    for (const api::Lane &lane : status.lanes()) {
        sheet.row(fmt::format("lane {}", lane.index()),
                  {{lane.device()},
                   {fmt::format("UDP {}", lane.listen_port())},
                   {fmt::format("MTU {}", lane.mtu())},
                   {lane.threaded_napi() ? "threaded NAPI on" : "threaded NAPI off"},
                   {lane.public_key()}});
    }
}

void render_networks(Sheet &sheet, const api::Status &status, const View &view) {
    const int shown = shown_of(status.networks_size(), kNetworksShown, view);
    for (int i = 0; i < shown; ++i) {
        const api::NetworkStatus &network = status.networks(i);
        std::vector<Cell> parts = {{network.name()},
                                   {fmt::format("VNI {}", network.vni())},
                                   {fmt::format("MTU {}", network.mtu())},
                                   {network.flood() ? "flood" : "no flood"},
                                   {plural(network.members(), "member")},
                                   {plural(network.ports(), "port")},
                                   {format_count(network.learned()) + " learned"}};
        if (view.wide)
            parts.push_back({fmt::format("{}", fmt::join(network.subnets(), " "))});
        sheet.row(i == 0 ? "networks" : "", parts);
    }
    if (status.networks().empty())
        sheet.row("networks", {{"none", Tone::kDim}});
    more(sheet, status.networks_size() - shown, "network");
}

Cell counted(std::uint32_t count, std::string_view what, Tone tone) {
    return {fmt::format("{} {}", count, what), count == 0 ? Tone::kDim : tone};
}

void render_peer_counts(Sheet &sheet, const api::Status &status) {
    if (status.peers_up() + status.peers_stale() + status.peers_never() == 0)
        return sheet.row("peers", {{"none", Tone::kDim}});
    sheet.row("peers", {counted(status.peers_up(), "up", Tone::kGood),
                        counted(status.peers_stale(), "stale", Tone::kWarn),
                        counted(status.peers_never(), "never", Tone::kBad)});
}

void render_drop_counts(Sheet &sheet, const api::Status &status, const View &view) {
    sheet.row("drops", {{format_count(status.drops_total())},
                        {status.drops_total() > 0 ? "see coax drops" : "", Tone::kDim}});
    const int shown = shown_of(status.top_drops_size(), kDropsShown, view);
    for (int i = 0; i < shown; ++i) {
        const api::DropCount &drop = status.top_drops(i);
        sheet.row("", {{fmt::format("{:>10}", format_count(drop.packets()))},
                       {drop.reason()},
                       {"at " + drop.hook(), Tone::kDim}});
    }
    more(sheet, status.top_drops_size() - shown, "reason");
    const bool stopped = status.clear_frames() > 0;
    sheet.row("clear text", {{plural(status.clear_frames(), "frame") + " stopped on uplinks",
                              stopped ? Tone::kWarn : Tone::kGood}});
}

void render_counters(Sheet &sheet, const api::Status &status) {
    bool first = true;
    for (const api::Counter &counter : status.counters()) {
        sheet.row(first ? "counters" : "",
                  {{fmt::format("{:>10}", format_count(counter.packets()))},
                   {fmt::format("{:>8}", format_bytes(counter.bytes()))},
                   {fmt::format("{:<16}", counter.name())},
                   {counter.text(), Tone::kDim}});
        first = false;
    }
}

void render_health(Sheet &sheet, const api::Status &status) {
    if (status.degraded().empty())
        sheet.row("degraded", {{"nothing", Tone::kGood}});
    bool first = true;
    for (const api::Degradation &degradation : status.degraded()) {
        sheet.text(first ? "degraded" : "",
                   fmt::format("{}: {}", degradation.what(), degradation.text()), Tone::kWarn);
        first = false;
    }
    if (status.last_error().empty())
        sheet.row("last error", {{"none", Tone::kGood}});
    else
        sheet.text("last error", status.last_error(), Tone::kBad);
}

} // namespace

std::string render_status(const api::Status &status, const View &view) {
    Sheet sheet(view);
    render_node(sheet, status);
    for (const api::Uplink &uplink : status.uplinks())
        render_uplink(sheet, uplink);
    if (status.uplinks().empty())
        sheet.row("uplink", {{"none", Tone::kBad}});
    if (view.wide)
        render_lanes_wide(sheet, status);
    else
        render_lanes(sheet, status);
    render_networks(sheet, status, view);
    render_peer_counts(sheet, status);
    if (status.has_control())
        add_control_rows(sheet, status.control());
    sheet.row("FDB", {{fmt::format("{} of {} entries", format_count(status.fdb_entries()),
                                   format_count(status.fdb_capacity()))}});
    render_drop_counts(sheet, status, view);
    if (view.wide)
        render_counters(sheet, status);
    render_health(sheet, status);
    return sheet.str();
}

bool is_degraded(const api::Status &status) {
    return !status.degraded().empty() || !status.last_error().empty() ||
           std::any_of(status.uplinks().begin(), status.uplinks().end(),
                       [](const api::Uplink &uplink) { return !uplink.up(); });
}

} // namespace coax::cli
