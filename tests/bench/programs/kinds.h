// SPDX-License-Identifier: Apache-2.0
// The kinds of packet a program is timed with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/programs/scene.h"
#include "harness/packet.h"

namespace coax::bench {

struct Kind {
    std::string name;
    coax_hook hook;
    const char *task;      // encapsulate, decapsulate, guard, ...: the budget it counts for
    std::uint32_t verdict; // what the program must return
    /// For the endpoint `index` of the FDB, which is behind the node with that VTEP.
    std::function<test::Packet(std::uint32_t index, const char *vtep)> packet;
    bool changes_packet = true; // false: may be repeated
};

std::vector<Kind> kinds();

} // namespace coax::bench
