// SPDX-License-Identifier: Apache-2.0
// What an agent says of its controllers: in status, why and diff.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/format.h"
#include "cli/render.h"
#include "cli/sheet.h"
#include "lib/trust/unix_time.h"

namespace coax::cli {
namespace {

Tone tone_of(const api::ControlStatus &control) {
    if (control.state() == "welcome")
        return Tone::kGood;
    return control.state() == "refused" ? Tone::kBad : Tone::kWarn;
}

std::string view_text(const api::ControlStatus &control) {
    if (control.view_age_seconds() < 0)
        return "no view yet";
    return fmt::format("view of {}, revision {}", format_age_seconds(control.view_age_seconds()),
                       control.revision());
}

std::string valid_text(std::uint64_t from, std::uint64_t until) {
    return fmt::format("{} to {}", time_text(time_from_wire(from)),
                       time_text(time_from_wire(until)));
}

void add_certificate(Sheet &sheet, const api::ControlPeer &peer) {
    if (!peer.has_certificate())
        return sheet.row("certificate", {{peer.source() == "file" ? "none: the file vouches for it"
                                                                  : "none that can be read",
                                          peer.source() == "file" ? Tone::kPlain : Tone::kBad}});
    const api::ControlCertificate &certificate = peer.certificate();
    sheet.row("certificate", {{fmt::format("for {}", fmt::join(certificate.principals(), " "))},
                              {fmt::format("serial {}", certificate.serial())},
                              {valid_text(certificate.valid_after(), certificate.valid_before())}});
    sheet.row("", {{"key " + certificate.key()}});
    sheet.row("", {{"ca  " + certificate.ca()}});
}

void add_binding(Sheet &sheet, const api::ControlPeer &peer) {
    if (!peer.has_binding())
        return;
    const api::ControlBinding &binding = peer.binding();
    sheet.row("binding", {{fmt::format("epoch {}", binding.epoch())},
                          {valid_text(binding.not_before(), binding.expires())}});
    sheet.row("", {{fmt::format("at {}", fmt::join(binding.endpoints(), " "))}});
    for (const std::string &key : binding.lane_keys())
        sheet.row("", {{key}});
    for (const std::string &key : binding.next_lane_keys())
        sheet.row("", {{key + " next"}});
}

} // namespace

void add_control_rows(Sheet &sheet, const api::ControlStatus &control) {
    const std::string where = control.controller().empty() ? "" : "at " + control.controller();
    sheet.row("control", {{control.state(), tone_of(control)}, {where}, {view_text(control)}});
    if (!control.text().empty())
        sheet.text("", control.text(), tone_of(control));
    sheet.row("", {{plural(control.peers(), "verified peer")},
                   {fmt::format("{} refused", control.refused()),
                    control.refused() == 0 ? Tone::kDim : Tone::kBad},
                   {fmt::format("{} gone but kept", control.gone()),
                    control.gone() == 0 ? Tone::kDim : Tone::kWarn}});
    const std::int64_t left = control.certificate_seconds_left();
    if (left >= 0)
        sheet.row("", {{"certificate for " + format_duration(static_cast<std::uint64_t>(left))},
                       {fmt::format("revocation list {}", control.revocations_version())}});
    sheet.text("reboot",
               control.survives_reboot() ? "comes up without a controller"
                                         : "needs a controller: " + control.survives_text(),
               control.survives_reboot() ? Tone::kGood : Tone::kWarn);
}

std::string render_why(const api::ControlPeer &peer, const View &view) {
    Sheet sheet(view);
    sheet.row("peer", {{peer.name(), Tone::kStrong},
                       {fmt::format("id {}", peer.node_id())},
                       {"from " + peer.source()}});
    sheet.row("programmed",
              {{peer.programmed() ? "yes" : "no", peer.programmed() ? Tone::kGood : Tone::kBad}});
    if (!peer.reason().empty())
        sheet.row("refused", {{peer.reason(), Tone::kBad}});
    if (!peer.text().empty())
        sheet.text(peer.reason().empty() ? "tolerated" : "", peer.text(),
                   peer.reason().empty() ? Tone::kWarn : Tone::kBad);
    if (peer.gone())
        sheet.text("gone",
                   fmt::format("{} since {}: {}; kept until it is silent as well", peer.gone_why(),
                               time_text(time_from_wire(peer.gone_since())), peer.gone_text()),
                   Tone::kWarn);
    add_certificate(sheet, peer);
    add_binding(sheet, peer);
    sheet.row("traffic", {{peer.state(), peer.state() == "up" ? Tone::kGood : Tone::kBad},
                          {"last packet " + format_age_ms(peer.last_rx_age_ms())}});
    return sheet.str();
}

std::string render_diff(const api::Diff &diff, const View &view) {
    if (diff.lines().empty())
        return "no difference: the kernel has what it should\n";
    std::string out;
    const auto side = [&](char sign, const std::string &text, Tone tone) {
        if (!text.empty())
            out.append(paint(fmt::format("  {} {}", sign, printable(text)), tone, view))
                .push_back('\n');
    };
    for (const api::DiffLine &line : diff.lines()) {
        out.append(printable(line.what())).push_back('\n');
        side('+', line.wanted(), Tone::kGood);
        side('-', line.found(), Tone::kBad);
    }
    return out;
}

} // namespace coax::cli
