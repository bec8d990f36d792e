// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/registry/change.h"
#include "store.pb.h"

namespace coax::controller {

/// kUnavailable when there is none yet.
Result<record::Cluster> read_cluster(Change &change);

/// What the store says of the overlay; made when the store is new, with a random store id.
/// kInvalid when the store is of another overlay or pool: the configuration is not that of the
/// cluster. `vtep_pool`: IPv4.
Result<record::Cluster> open_cluster(Writer &writer, const std::string &network_id,
                                     const IpPrefix &vtep_pool);

} // namespace coax::controller
