// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/controller_ports.h"
#include "cli/format.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/watch.h"

namespace coax::cli {
namespace {

constexpr std::string_view kError = "error";

bool has_error(const api::Port &port) {
    return port.state().compare(0, 5, kError) == 0;
}

Cell state_cell(const api::Port &port) {
    if (port.state() == "up")
        return {"up", Tone::kGood};
    if (has_error(port))
        return {std::string(kError), Tone::kBad}; // in full below the table
    return {port.state(), Tone::kWarn};
}

/// "c1/eth0"; a host port: "eth0".
std::string interface_text(const api::Port &port) {
    return port.netns().empty() ? port.ifname() : port.netns() + "/" + port.ifname();
}

std::string addresses_text(const api::Port &port, const View &view) {
    if (port.addresses().empty())
        return "-";
    if (view.wide)
        return fmt::format("{}", fmt::join(port.addresses(), " "));
    const int others = port.addresses_size() - 1;
    return others == 0 ? port.addresses(0) : fmt::format("{} +{}", port.addresses(0), others);
}

std::vector<Column> columns() {
    return {{"PORT", Align::kLeft, 10},
            {"NETWORK", Align::kLeft, 7},
            {"VNI", Align::kRight, 0, true},
            {"KIND", Align::kLeft, 0, true},
            {"INTERFACE", Align::kLeft, 9},
            {"MAC", Align::kLeft, 0, true},
            {"ADDRESS", Align::kLeft, 12},
            {"GUARD IPS", Align::kLeft, 0, true},
            {"MTU", Align::kRight, 0, true},
            {"STATE"},
            {"RX", Align::kRight},
            {"TX", Align::kRight},
            {"RX PACKETS", Align::kRight, 0, true},
            {"TX PACKETS", Align::kRight, 0, true}};
}

std::vector<Cell> row(const api::Port &port, const View &view) {
    return {{port.name()},
            {port.network()},
            {fmt::format("{}", port.vni())},
            {port.kind()},
            {interface_text(port)},
            {port.mac()},
            {addresses_text(port, view)},
            {port.guard_ips() ? "yes" : "no"},
            {fmt::format("{}", port.mtu())},
            state_cell(port),
            {format_bytes(port.rx_bytes())},
            {format_bytes(port.tx_bytes())},
            {format_count(port.rx_packets())},
            {format_count(port.tx_packets())}};
}

ExitCode run(const Session &session, const WatchOption &watch) {
    const Round round = [&session](AgentClient &agent) -> Result<Block> {
        COAX_ASSIGN_OR_RETURN(const api::Ports ports, agent.ports());
        return Block{render_ports(ports, session.view()), to_json(ports)};
    };
    return run_rounds(session, watch, false, round);
}

} // namespace

std::string render_ports(const api::Ports &ports, const View &view) {
    if (ports.ports().empty())
        return "no ports: add a [[port]] block to the configuration\n";
    Table table(columns());
    for (const api::Port &port : ports.ports())
        table.add(row(port, view));
    std::string out = table.render(view);
    for (const api::Port &port : ports.ports()) {
        if (!has_error(port))
            continue;
        const std::string text = printable(fmt::format("{}: {}", port.name(), port.state()));
        for (const std::string &line : wrap(text, view.limit()))
            out.append(paint(line, Tone::kBad, view)).push_back('\n');
    }
    return out;
}

void add_ports(Verb app, Action &action) {
    auto watch = std::make_shared<WatchOption>();
    const Verb verb = app.add_subcommand("ports", "Local attachments; `ports list`: of all nodes");
    verb.alias("port");
    watch->add_to(verb);
    add_controller_ports(verb, action);
    verb.callback([verb, watch, &action] {
        if (verb.has_subcommand())
            return;
        action = [watch](const Session &session) { return run(session, *watch); };
    });
}

} // namespace coax::cli
