// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/session.h"

namespace coax::cli {

/// Each adds one verb to `app`; parsing that verb stores what to do in `action`. Both must outlive
/// the parse, `app` also the action.
void add_status(CLI::App &app, Action &action);
void add_peers(CLI::App &app, Action &action);
void add_ports(CLI::App &app, Action &action);
void add_fdb(CLI::App &app, Action &action);
void add_drops(CLI::App &app, Action &action);
void add_key(CLI::App &app, Action &action);
void add_down(CLI::App &app, Action &action);
void add_why(CLI::App &app, Action &action);
void add_diff(CLI::App &app, Action &action);
void add_join(CLI::App &app, Action &action);
void add_controller(CLI::App &app, Action &action);
void add_login(CLI::App &app, Action &action);
void add_nodes(CLI::App &app, Action &action);
void add_networks(CLI::App &app, Action &action);
void add_tokens(CLI::App &app, Action &action);
void add_revocations(CLI::App &app, Action &action);
void add_audit(CLI::App &app, Action &action);
void add_wait(CLI::App &app, Action &action);
void add_version(CLI::App &app, Action &action);
void add_ca(CLI::App &app, Action &action);
void add_completion(CLI::App &app, Action &action);

} // namespace coax::cli
