// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/config/check.h"

namespace coax {
namespace {

constexpr std::size_t kPortMax = 65535;

void check_controllers(const Draft &draft, Problems &problems) {
    const ControlConfig &control = draft.state.control;
    const Lines lines = draft.lines_of("control");
    FirstLines<std::string> seen;
    for (std::size_t i = 0; i < control.controllers.size(); ++i)
        if (seen.note(control.controllers[i], lines.of("controllers", i)) != 0)
            problems.add(lines.of("controllers", i), "control.controllers",
                         fmt::format("expected each controller once, found {} again; remove one",
                                     quoted(control.controllers[i])));
    if (control.follows() && control.network_id.empty())
        problems.add(lines.of("controllers"), "control.network_id",
                     "expected the id of the overlay beside controllers, found nothing; "
                     "`coax join` writes it, the controller's status shows it");
    if (!control.follows() && !control.network_id.empty())
        problems.add(lines.of("network_id"), "control.controllers",
                     "expected a controller beside network_id, found none; add for example "
                     "controllers = [\"192.0.2.9:7443\"], or remove [control]");
}

void check_announce(const Draft &draft, Problems &problems) {
    const auto &announce = draft.state.control.announce;
    const Lines lines = draft.lines_of("control");
    const std::size_t lanes = draft.state.wireguard.lanes;
    for (std::size_t i = 0; i < announce.size(); ++i)
        if (announce[i].port.value() + lanes - 1 > kPortMax)
            problems.add(lines.of("announce", i), "control.announce",
                         fmt::format("expected room for {} ports, found {}; lane i is at port + i",
                                     lanes, announce[i].to_string()));
}

} // namespace

void check_control(const Draft &draft, Problems &problems) {
    check_controllers(draft, problems);
    check_announce(draft, problems);
}

} // namespace coax
