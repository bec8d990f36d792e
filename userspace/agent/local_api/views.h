// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent.pb.h"
#include "agent/local_api/view_source.h"
#include "lib/base/result.h"

namespace coax {

namespace api = agent::v1;

// One function per call of the local API, each on the event loop, blocking, changing nothing.
// They show what the kernel has now, not what the last pass believed.

Result<api::Status> status_view(const ViewSource &source);
Result<api::Peers> peers_view(const ViewSource &source);
Result<api::Ports> ports_view(const ViewSource &source);
Result<api::Fdb> fdb_view(const ViewSource &source, const api::FdbRequest &request);
/// Largest first. With `all`, reasons that never happened too, in the order of the list.
Result<api::Drops> drops_view(const ViewSource &source, bool all);
/// What drops_view shows, as counts: those of the programs and of WireGuard.
Result<Datapath::Drops> all_drops(const ViewSource &source);
Result<api::Keys> keys_view(const ViewSource &source);

} // namespace coax
