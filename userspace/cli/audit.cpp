// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>

#include "cli/controller_verb.h"
#include "cli/format.h"
#include "cli/render_control.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kLimit = 100;
constexpr std::uint32_t kLimitMax = 10000;

struct AuditOptions {
    std::uint32_t limit = kLimit;
    std::string object;
    std::uint64_t before = 0;
};

Result<ExitCode> audit(const Session &session, ControllerClient &controller,
                       const AuditOptions &options) {
    ctl::AuditRequest request;
    request.set_limit(options.limit);
    request.set_object(options.object);
    request.set_before(options.before);
    COAX_ASSIGN_OR_RETURN(const ctl::Audit lines, controller.audit(request));
    session.print(render_audit(lines, session.view()), to_json(lines));
    return ExitCode::kOk;
}

} // namespace

std::string render_audit(const ctl::Audit &audit, const View &view) {
    if (audit.lines().empty())
        return "no such changes\n";
    std::string out;
    for (const ctl::AuditLine &line : audit.lines()) {
        const std::string head =
            fmt::format("{}  {}  {}  {}", time_text(time_from_wire(line.when())), line.who(),
                        line.what(), line.object());
        const std::string shown = printable(head);
        out.append(view.limit() == 0 ? shown : truncate_middle(shown, view.limit()))
            .push_back('\n');
        const std::size_t room = view.limit() == 0 ? 0 : view.limit() - 4;
        for (const std::string &part : wrap(printable(line.text()), room)) {
            if (!part.empty())
                out.append("    ").append(paint(part, Tone::kDim, view)).push_back('\n');
        }
    }
    return out;
}

void add_audit(Verb app, Action &action) {
    auto options = std::make_shared<AuditOptions>();
    const Verb verb = app.add_subcommand("audit", "Who changed what, the newest first");
    verb.add_option("-n,--limit", options->limit, "Lines at most (100)")
        .type_name("COUNT")
        .in_range(std::uint32_t{1}, kLimitMax);
    verb.add_option("--object", options->object, "Only about it, such as \"node storage1\"")
        .type_name("TEXT");
    verb.add_option("--before", options->before, "Only before this sequence number")
        .type_name("NUMBER");
    set_action(verb, action, options, audit);
}

} // namespace coax::cli
