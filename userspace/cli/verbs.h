// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"
#include "cli/verb.h"

namespace coax::cli {

/// Each adds one verb to `app`; parsing that verb stores what to do in `action`. Both must outlive
/// the parse, `app` also the action.
void add_status(Verb app, Action &action);
void add_peers(Verb app, Action &action);
void add_ports(Verb app, Action &action);
void add_fdb(Verb app, Action &action);
void add_drops(Verb app, Action &action);
void add_key(Verb app, Action &action);
void add_down(Verb app, Action &action);
void add_why(Verb app, Action &action);
void add_diff(Verb app, Action &action);
void add_join(Verb app, Action &action);
void add_controller(Verb app, Action &action);
void add_login(Verb app, Action &action);
void add_nodes(Verb app, Action &action);
void add_networks(Verb app, Action &action);
void add_tokens(Verb app, Action &action);
void add_revocations(Verb app, Action &action);
void add_audit(Verb app, Action &action);
void add_wait(Verb app, Action &action);
void add_version(Verb app, Action &action);
void add_ca(Verb app, Action &action);
void add_completion(Verb app, Action &action);

} // namespace coax::cli
