// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/base/result.h"
#include "lib/bpf/pins.h"

namespace coax {

// Pins are the machine's, attachments a network namespace's. A data path belongs to the
// namespace it was opened in, kept as an empty directory <instance>/netns/<inode>: two agents
// of one name would write into the same maps, and a `coax down` elsewhere would delete pins
// under running programs.

/// kBusy when the data path belongs to another namespace that still lives: has a name in /run/netns
/// or a process in it.
Status check_netns(const PinPaths &paths);

/// As check_netns, then makes it belong to the calling thread's namespace.
Status claim_netns(const PinPaths &paths);

} // namespace coax
