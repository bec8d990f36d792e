// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent.pb.h"
#include "cli/sheet.h"
#include "cli/view.h"

// From the agent's answers to text. Pure: the same message and view give the same string; no line is
// wider than the view unless it is wide. One implementation beside each verb.
namespace coax::cli {

namespace api = coax::agent::v1;

std::string render_status(const api::Status &status, const View &view);
std::string render_peers(const api::Peers &peers, const View &view);
std::string render_ports(const api::Ports &ports, const View &view);
std::string render_fdb(const api::Fdb &fdb, const View &view);
std::string render_keys(const api::Keys &keys, const View &view);

std::string render_why(const api::ControlPeer &peer, const View &view);
std::string render_diff(const api::Diff &diff, const View &view);
/// The part of status about controllers.
void add_control_rows(Sheet &sheet, const api::ControlStatus &control);

/// Packets per second of each row of `now`; a counter that fell started again from zero.
std::vector<double> drop_rates(const api::Drops &before, const api::Drops &now, double seconds);

/// `rates` absent: no such column; empty: no earlier sample yet ("-").
std::string render_drops(const api::Drops &drops, const std::vector<double> *rates,
                         const View &view);

/// Something the operator should look at: what `status --check` reports.
bool is_degraded(const api::Status &status);
/// Some peer is not up: what `peers --check` reports.
bool is_degraded(const api::Peers &peers);

} // namespace coax::cli
