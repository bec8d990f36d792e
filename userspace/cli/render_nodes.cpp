// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "cli/ca.h"
#include "cli/format.h"
#include "cli/render_control.h"
#include "cli/sheet.h"
#include "cli/table.h"
#include "lib/trust/peer_rule.h"

namespace coax::cli {
namespace {

Tone tone_of(const std::string &state) {
    if (state == "online")
        return Tone::kGood;
    return state == "pending" ? Tone::kWarn : Tone::kBad;
}

std::vector<Column> columns() {
    return {{"NODE", Align::kLeft, 10},
            {"ID", Align::kRight},
            {"STATE"},
            {"VTEP"},
            {"ENDPOINT", Align::kLeft, 12},
            {"SEEN", Align::kRight},
            {"CERTIFICATE", Align::kRight},
            {"LANES", Align::kRight, 0, true},
            {"EPOCH", Align::kRight, 0, true},
            {"APPLIED", Align::kRight, 0, true},
            {"CONTROLLER", Align::kLeft, 0, true},
            {"VERSION", Align::kLeft, 0, true},
            {"KERNEL", Align::kLeft, 0, true},
            {"BACKEND", Align::kLeft, 0, true},
            {"IDENTITY", Align::kLeft, 0, true}};
}

/// What is left of something that ends at `until` (seconds since 1970; 0: there is none).
Cell left_cell(std::uint64_t until, UnixTime now) {
    if (until == 0)
        return {"-"};
    const TimeLeft left = time_left(time_from_wire(until), now);
    if (left.over())
        return {"expired", Tone::kBad};
    if (left.left == std::chrono::seconds::max())
        return {"forever"};
    return {format_duration(static_cast<std::uint64_t>(left.left.count())),
            left.soon() ? Tone::kWarn : Tone::kPlain};
}

std::string number_or_dash(std::uint64_t number) {
    return number == 0 ? "-" : fmt::format("{}", number);
}

std::string text_or_dash(const std::string &text) {
    return text.empty() ? "-" : text;
}

std::string endpoint_text(const ctl::NodeInfo &node, const View &view) {
    if (node.endpoints().empty())
        return "-";
    if (!view.wide && node.endpoints_size() > 1)
        return fmt::format("{} +{}", node.endpoints(0), node.endpoints_size() - 1);
    std::string out;
    for (const std::string &endpoint : node.endpoints())
        out += (out.empty() ? "" : " ") + endpoint;
    return out;
}

std::vector<Cell> row(const ctl::NodeInfo &node, UnixTime now, const View &view) {
    return {{node.name()},
            {number_or_dash(node.id())},
            {node.state(), tone_of(node.state())},
            {text_or_dash(node.vtep())},
            {endpoint_text(node, view)},
            {ago_text(node.last_seen(), now)},
            left_cell(node.certificate_expires(), now),
            {number_or_dash(node.lanes())},
            {number_or_dash(node.epoch())},
            {number_or_dash(node.applied_revision())},
            {text_or_dash(node.controller())},
            {text_or_dash(node.version())},
            {text_or_dash(node.kernel())},
            {text_or_dash(node.backend())},
            {fingerprint_of(node.public_key())}};
}

void append(std::string &out, const std::string &text, Tone tone, const View &view) {
    for (const std::string &line : wrap(printable(text), view.limit()))
        out.append(paint(line, tone, view)).push_back('\n');
}

/// What an operator has to do, or should know, below the table.
void append_notes(std::string &out, const ctl::NodeInfo &node, const View &view) {
    if (node.state() == "pending")
        append(out,
               fmt::format("{} waits: compare its key {} with what `coax join` shows there, then "
                           "coax nodes approve {}",
                           node.name(), fingerprint_of(node.public_key()), node.name()),
               Tone::kWarn, view);
    for (const ctl::RefusedNode &refused : node.refuses())
        append(
            out,
            fmt::format("{} refuses node {}: {}", node.name(), refused.node_id(), refused.text()),
            Tone::kBad, view);
}

} // namespace

std::string fingerprint_of(const std::string &public_key) {
    SshPublicKey key;
    if (public_key.size() != key.bytes.size())
        return "-";
    std::copy(public_key.begin(), public_key.end(), key.bytes.begin());
    return key.fingerprint();
}

std::string ago_text(std::uint64_t when, UnixTime now) {
    if (when == 0)
        return "never";
    const std::chrono::seconds age = now - time_from_wire(when);
    return format_age_seconds(std::max<std::int64_t>(age.count(), 0));
}

std::string render_nodes(const ctl::Nodes &nodes, UnixTime now, const View &view) {
    if (nodes.nodes().empty())
        return "no nodes: `coax token create` here, then `coax join TOKEN` on each node\n";
    Table table(columns());
    for (const ctl::NodeInfo &node : nodes.nodes())
        table.add(row(node, now, view));
    std::string out = table.render(view);
    for (const ctl::NodeInfo &node : nodes.nodes())
        append_notes(out, node, view);
    return out;
}

std::string render_node(const ctl::NodeInfo &node, UnixTime now, const View &view) {
    Sheet sheet(view);
    sheet.row("node", {{node.name(), Tone::kStrong},
                       {"id " + number_or_dash(node.id())},
                       {node.state(), tone_of(node.state())},
                       {"seen " + ago_text(node.last_seen(), now)}});
    sheet.row("identity", {{fingerprint_of(node.public_key())}});
    sheet.row("vtep", {{text_or_dash(node.vtep())}, {plural(node.lanes(), "lane")}});
    sheet.row("endpoints", {{endpoint_text(node, view)}});
    sheet.row("binding", {{"epoch " + number_or_dash(node.epoch())},
                          {"for"},
                          left_cell(node.binding_expires(), now)});
    sheet.row("agent", {{text_or_dash(node.version())},
                        {"kernel " + text_or_dash(node.kernel())},
                        {text_or_dash(node.backend())}});
    sheet.row("follows", {{text_or_dash(node.controller())},
                          {"revision " + number_or_dash(node.applied_revision()) + " applied"}});
    for (const ctl::RefusedNode &refused : node.refuses())
        sheet.text("refuses", fmt::format("node {}: {}", refused.node_id(), refused.text()),
                   Tone::kBad);
    const auto certificate = SshCertificate::from_blob(node.certificate());
    return sheet.str() +
           (certificate.ok() ? "\n" + render_certificate(*certificate, now, view) : "");
}

Json node_json(const ctl::NodeInfo &node, UnixTime now) {
    Json out = to_json(node);
    out["fingerprint"] = fingerprint_of(node.public_key());
    const auto certificate = SshCertificate::from_blob(node.certificate());
    out["certificate"] = certificate.ok() ? certificate_json(*certificate, now) : Json(nullptr);
    return out;
}

Json nodes_json(const ctl::Nodes &nodes, UnixTime now) {
    Json list = Json::array();
    for (const ctl::NodeInfo &node : nodes.nodes())
        list.push_back(node_json(node, now));
    return {{"nodes", list}};
}

} // namespace coax::cli
