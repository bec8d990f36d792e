// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cli/controller_access.h"
#include "cli/verb.h"

namespace coax::cli {

template <typename Options>
using ControllerAction = Result<ExitCode> (*)(const Session &, ControllerClient &, const Options &);

/// What `verb` does when none of its own verbs was given.
template <typename Options>
void set_action(Verb verb, Action &action, std::shared_ptr<Options> options,
                ControllerAction<Options> run) {
    verb.callback([verb, &action, options, run] {
        if (verb.has_subcommand())
            return;
        action = [options, run](const Session &session) {
            return with_controller(session, [&](ControllerClient &controller) {
                return run(session, controller, *options);
            });
        };
    });
}

struct NoOptions {};

struct VerbText {
    std::string name;
    std::string help;
};

inline Verb add_plain(Verb parent, Action &action, const VerbText &text,
                      ControllerAction<NoOptions> run) {
    const Verb verb = parent.add_subcommand(text.name, text.help);
    set_action(verb, action, std::make_shared<NoOptions>(), run);
    return verb;
}

/// A verb that has verbs of its own, and does `run` without one.
inline Verb add_group(Verb parent, Action &action, const VerbText &text,
                      ControllerAction<NoOptions> run) {
    const Verb verb = add_plain(parent, action, text, run);
    verb.require_subcommand(0, 1);
    return verb;
}

/// A verb that takes one name.
struct NamedOptions {
    std::string name;
};

inline Verb add_named(Verb parent, Action &action, const VerbText &text,
                      ControllerAction<NamedOptions> run) {
    const Verb verb = parent.add_subcommand(text.name, text.help);
    auto options = std::make_shared<NamedOptions>();
    verb.add_option("name", options->name, "Its name").required().type_name("NAME");
    set_action(verb, action, options, run);
    return verb;
}

} // namespace coax::cli
