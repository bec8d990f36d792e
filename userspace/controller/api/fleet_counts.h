// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace coax::controller {

/// What a hub has done, and has.
struct FleetCounts {
    std::uint64_t agents = 0; // with a welcome
    std::uint64_t pending = 0;
    std::uint64_t unfinished = 0; // their hello is awaited, or judged
    std::uint64_t messages_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t updates = 0;
    std::uint64_t merged = 0;         // updates that carried several changes
    std::uint64_t leases_expired = 0; // of nodes that fell silent
    std::uint64_t welcomes = 0;
    std::map<std::string, std::uint64_t> refusals; // by reason
};

} // namespace coax::controller
