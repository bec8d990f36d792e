// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/controller_client.h"
#include "cli/session.h"
#include "cli/verb.h"

namespace coax::cli {

/// kInvalid when the controller has no node of this name, pending ones included.
Result<ctl::NodeInfo> find_node(ControllerClient &controller, const std::string &name);

void add_nodes_approve(Verb nodes, Action &action);

} // namespace coax::cli
