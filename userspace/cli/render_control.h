// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/json.h"
#include "cli/view.h"
#include "controller.pb.h"
#include "lib/trust/unix_time.h"

// From a controller's answers to text and to the documents of --json. Pure, as render.h.
namespace coax::cli {

namespace ctl = coax::controller::v1;

std::string render_nodes(const ctl::Nodes &nodes, UnixTime now, const View &view);
std::string render_node(const ctl::NodeInfo &node, UnixTime now, const View &view);
std::string render_networks(const ctl::Networks &networks, const View &view);
std::string render_network(const ctl::Network &network, const View &view);
std::string render_controller_ports(const ctl::ControllerPorts &ports, const View &view);
std::string render_tokens(const ctl::Tokens &tokens, UnixTime now, const View &view);
std::string render_audit(const ctl::Audit &audit, const View &view);
std::string render_controller_status(const ctl::ControllerStatus &status, const View &view);

/// The message, and what its bytes mean: "fingerprint", and "certificate" as `ca show` has it.
Json node_json(const ctl::NodeInfo &node, UnixTime now);
Json nodes_json(const ctl::Nodes &nodes, UnixTime now);

/// "SHA256:...", or "-" for what is no key.
std::string fingerprint_of(const std::string &public_key);
/// From `when` (seconds since 1970; 0: never) to `now`.
std::string ago_text(std::uint64_t when, UnixTime now);

} // namespace coax::cli
