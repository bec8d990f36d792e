// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "lib/base/result.h"

namespace coax::bench {

/// What one agent pays for verifying every peer itself.
struct OneAgent {
    std::size_t peers = 0;
    double verify_us = 0;      // processor time for a peer seen for the first time
    double again_us = 0;       // the same for a later binding of a known one
    double bytes_per_peer = 0; // of heap that stays in use
};

Result<OneAgent> cost_of_one_agent(std::size_t peers);

} // namespace coax::bench
