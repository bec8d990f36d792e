// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/local_api/view_source.h"
#include "agent/metrics/growing_sum.h"
#include "lib/metrics/scrape_server.h"
#include "lib/metrics/snapshot.h"

namespace coax {

/// Makes the answer to a scrape from what the kernel has now.
/// Runs on the event loop; blocking: one read of each lane and of the small maps, never a walk over
/// the FDB. Owns the sums that outlive a peer. Failure: what cannot be read is left out and named
/// by coax_agent_collect_failed.
class Collector {
  public:
    Snapshot collect(const ViewSource &source, const ScrapeCounts &scrapes);

  private:
    struct LaneSums {
        GrowingSum rx;
        GrowingSum tx;
    };
    void add_lanes(const ViewSource &source, const std::vector<std::optional<WgDevice>> &lanes,
                   Snapshot &out);

    std::map<std::uint32_t, LaneSums> lanes_; // by slot
    std::chrono::duration<double> last_took_{0};
};

// Parts of a scrape. False: the source could not be read and nothing of it was added.
/// Of a node that follows controllers.
void add_control(const ViewSource &source, Snapshot &out);
void add_agent(const ViewSource &source, Snapshot &out);
/// Age of the lane keys, and a change of them.
void add_keys(const ViewSource &source, Snapshot &out);
void add_uplinks(const ViewSource &source, Snapshot &out);
/// Handshakes and bytes, from `lanes`; all of them must be there.
bool add_peers(const ViewSource &source, const std::vector<std::optional<WgDevice>> &lanes,
               Snapshot &out);
bool add_overlay_traffic(const ViewSource &source, Snapshot &out);
bool add_ports(const ViewSource &source, Snapshot &out);
/// Networks, and how full the maps are.
bool add_tables(const ViewSource &source, Snapshot &out);
bool add_drops(const ViewSource &source, Snapshot &out);
bool add_rejected_sources(const ViewSource &source, Snapshot &out);
bool add_events(const ViewSource &source, Snapshot &out);
void add_liveness(const ViewSource &source, Snapshot &out);
bool add_process(Snapshot &out);

} // namespace coax
