// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/snapshot.h"

#include <gtest/gtest.h>

namespace coax {
namespace {

TEST(Snapshot, is_written_in_the_text_format) {
    Snapshot snapshot;
    snapshot.add(Metric::kPeerReceiveBytes, std::uint64_t{1} << 40U, {"beta"});
    snapshot.add(Metric::kPeerReceiveBytes, std::uint64_t{0}, {"gamma"});
    snapshot.add(Metric::kUplinkUp, true, {"eth\"0\\"});
    snapshot.add(Metric::kAgentReconcileAge, 0.25);
    EXPECT_EQ(snapshot.series(), 4U);
    EXPECT_EQ(snapshot.text(),
              "# HELP coax_agent_reconcile_age_seconds Seconds since the last pass that compared "
              "the kernel with the configuration.\n"
              "# TYPE coax_agent_reconcile_age_seconds gauge\n"
              "coax_agent_reconcile_age_seconds 0.25\n"
              "# HELP coax_peer_receive_bytes_total Bytes that WireGuard received from the peer, "
              "all lanes.\n"
              "# TYPE coax_peer_receive_bytes_total counter\n"
              "coax_peer_receive_bytes_total{peer=\"beta\"} 1099511627776\n"
              "coax_peer_receive_bytes_total{peer=\"gamma\"} 0\n"
              "# HELP coax_uplink_up 1 when the interface is there and up.\n"
              "# TYPE coax_uplink_up gauge\n"
              "coax_uplink_up{uplink=\"eth\\\"0\\\\\"} 1\n");
}

TEST(Snapshot, without_series_is_empty) {
    EXPECT_EQ(Snapshot().text(), "");
}

} // namespace
} // namespace coax
