// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/bpf/datapath.h"
#include "lib/bpf/ownership.h"

namespace coax {

/// What is attached to the XDP hook of a link.
struct XdpState {
    XdpMode mode = XdpMode::kDetached;
    ProgramInfo main;                 // when attached: the program itself, or the dispatcher
    bool dispatcher = false;          // `main` is libxdp's and runs `chained`
    std::vector<ProgramInfo> chained; // in order
};

Result<XdpState> read_xdp_state(IfIndex link);

} // namespace coax
