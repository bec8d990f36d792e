// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>

#include "cli/controller_verb.h"
#include "cli/format.h"
#include "cli/render_control.h"
#include "cli/sheet.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

Result<ExitCode> status(const Session &session, ControllerClient &controller, const NoOptions &) {
    COAX_ASSIGN_OR_RETURN(const ctl::ControllerStatus found, controller.status());
    session.print(render_controller_status(found, session.view()), to_json(found));
    return ExitCode::kOk;
}

} // namespace

std::string render_controller_status(const ctl::ControllerStatus &status, const View &view) {
    const std::uint64_t up = status.now() - std::min(status.now(), status.started_at());
    Sheet sheet(view);
    sheet.row(
        "controller",
        {{status.controller(), Tone::kStrong}, {status.version()}, {"up " + format_duration(up)}});
    sheet.row("network", {{status.network_id()}, {"VTEPs of " + status.vtep_pool()}});
    sheet.row("store", {{status.store()},
                        {fmt::format("revision {}", status.revision())},
                        {"id " + status.store_id()}});
    if (!status.store_error().empty())
        sheet.text("store error", status.store_error(), Tone::kBad);
    sheet.row("nodes", {{fmt::format("{} online of {}", status.nodes_online(), status.nodes()),
                         status.nodes_online() == status.nodes() ? Tone::kGood : Tone::kWarn},
                        {fmt::format("{} pending", status.pending()),
                         status.pending() == 0 ? Tone::kPlain : Tone::kWarn},
                        {fmt::format("{} connected here", status.agents())}});
    sheet.row("overlay", {{plural(status.networks(), "network")},
                          {plural(status.ports(), "port")},
                          {fmt::format("revocation list {}", status.revocations_version())}});
    if (status.auto_admit())
        sheet.text("auto-admit",
                   "on: whoever reaches this controller becomes a node; only for labs", Tone::kBad);
    return sheet.str();
}

void add_controller(Verb app, Action &action) {
    const Verb controller = add_group(app, action, {"controller", "The controller itself"}, status);
    add_plain(controller, action, {"status", "What it does, and its store"}, status);
}

} // namespace coax::cli
