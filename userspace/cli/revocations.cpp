// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>

#include "cli/ca.h"
#include "cli/controller_verb.h"
#include "cli/verbs.h"
#include "lib/trust/revocation_memory.h"

namespace coax::cli {
namespace {

constexpr std::string_view kList = "coax-revocations";

struct PushOptions {
    std::string list{kList};
};

Result<ExitCode> show(const Session &session, ControllerClient &controller, const NoOptions &) {
    COAX_ASSIGN_OR_RETURN(const ctl::Revocations held, controller.revocations());
    if (held.list().empty()) {
        session.print("nothing is revoked: the controller has no list\n",
                      {{"revocation_list", nullptr}});
        return ExitCode::kOk;
    }
    COAX_ASSIGN_OR_RETURN(const SignedRevocationList list, own(open_revocation_list(held.list())));
    session.print(render_revocations(list, session.view()),
                  {{"revocation_list", revocations_json(list)}});
    return ExitCode::kOk;
}

Result<ExitCode> push(const Session &session, ControllerClient &controller,
                      const PushOptions &options) {
    COAX_ASSIGN_OR_RETURN(const std::string bytes, own(read_revocation_file(options.list)));
    const auto list = open_revocation_list(bytes);
    if (!list.ok())
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}: {}", options.list, list.error().message()));
    ctl::Revocations request;
    request.set_list(bytes);
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.put_revocations(request));
    session.print(render_revocations(*list, session.view()) +
                      "\nThe controller has it; every node verifies it and cuts who is on it\n",
                  {{"revision", changed.revision()}, {"revocation_list", revocations_json(*list)}});
    return ExitCode::kOk;
}

} // namespace

void add_revocations(Verb app, Action &action) {
    const Verb revocations =
        add_group(app, action, {"revocations", "The revocation list in force"}, show);
    add_plain(revocations, action, {"show", "What is on it"}, show);
    auto options = std::make_shared<PushOptions>();
    const Verb pushed = revocations.add_subcommand("push", "Send out what `coax ca revoke` wrote");
    pushed.add_option("list", options->list, "The list (coax-revocations)").type_name("PATH");
    set_action(pushed, action, options, push);
}

} // namespace coax::cli
