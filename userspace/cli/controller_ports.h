// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"
#include "cli/verb.h"

namespace coax::cli {

/// The verbs of `coax ports` that ask a controller; without one it shows those of this node.
void add_controller_ports(Verb ports, Action &action);

} // namespace coax::cli
