// SPDX-License-Identifier: Apache-2.0
#include "cli/ca.h"

#include <chrono>

#include "cli/verbs.h"

namespace coax::cli {

void add_ca_options(Verb verb, KeyOptions &options) {
    verb.add_option("--ca", options.key, "Private key of the CA (coax-ca)").type_name("PATH");
    verb.add_flag("--agent", options.agent, "Its key is in ssh-agent; PATH.pub says which");
}

ExitCode fail_without_agent(const Session &session, const Error &error) {
    return session.fail(Error(ErrorCode::kInvalid, error.message()));
}

UnixTime wall_clock(const Session &session) {
    return std::chrono::floor<std::chrono::seconds>(session.host().clock.system_now());
}

void add_ca(Verb app, Action &action) {
    const Verb ca = app.add_subcommand("ca", "Certify nodes, for who runs no SSH CA");
    ca.require_subcommand(1, 1);
    for (const auto add : {add_ca_init, add_ca_sign, add_ca_revoke, add_ca_show})
        add(ca, action);
}

} // namespace coax::cli
