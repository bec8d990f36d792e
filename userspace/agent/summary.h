// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lib/net/links.h"
#include "lib/state/desired_state.h"

namespace coax {

/// What `coaxd --check` prints of a configuration that is right: what it would be on this machine.
std::string summary_of(const DesiredState &state, Links &links);

} // namespace coax
