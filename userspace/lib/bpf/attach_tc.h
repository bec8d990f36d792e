// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/bpf/clsact.h"
#include "lib/bpf/ownership.h"
#include "lib/bpf/programs.h"

namespace coax {

struct TcSlot {
    IfIndex link;
    TcSide side = TcSide::kIngress;
};

/// Puts `program` at our priority and handle. An older program of ours is replaced in one step; the
/// same one (tag and maps) stays: false. kBusy names whoever else sits there.
Result<bool> attach_tc(const TcSlot &slot, const LoadedProgram &program, const Ownership &ownership,
                       const Clsact &clsact);

/// Takes our filter away, and the qdisc when we made it and it is empty. What is not ours stays.
Status detach_tc(const TcSlot &slot, const Ownership &ownership, const Clsact &clsact);

/// One sentence per filter of others that runs before ours on this side and may take packets away
/// from it.
std::vector<std::string> filters_before_ours(const TcSlot &slot);

} // namespace coax
