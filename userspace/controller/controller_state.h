// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "controller/api/fleet_counts.h"
#include "controller/distribution/update_source.h"
#include "controller/leases/presence.h"
#include "controller/metrics/metered_store.h"
#include "lib/store/store.h"

namespace coax::controller {

/// What a controller is doing, for operators and metrics.
struct ControllerState {
    FleetCounts hub;
    UpdateSource::Counts builds;
    Presence::Counts presence;
    MeteredStore::Counts store;
    std::string store_id;
    Revision revision;
    std::string store_error; // empty: the store answers
    std::size_t nodes = 0;
    std::size_t nodes_online = 0; // of all controllers
    std::size_t nodes_pending = 0;
    std::size_t networks = 0;
    std::size_t ports = 0;
    std::string revocations; // signed
    std::uint64_t lists = 0; // of the store
    std::uint64_t gone_told = 0;
    bool holding = false; // nobody is called gone
};

} // namespace coax::controller
