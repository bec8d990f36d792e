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
/// Packets that WireGuard refused for their source, over all lanes; an error when one lane cannot
/// tell: a sum without it would fall and rise again.
Result<std::uint64_t> rejected_sources(const ViewSource &source);
Result<api::Keys> keys_view(const ViewSource &source);
Result<api::Control> control_view(const ViewSource &source, const api::ControlRequest &request);
/// Of a node that follows controllers.
api::ControlStatus control_status(const Control &control);
Result<api::Diff> diff_view(const ViewSource &source);

} // namespace coax
