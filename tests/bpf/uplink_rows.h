// SPDX-License-Identifier: Apache-2.0
// The guard of an uplink is one table for both directions: tc_uplink sees what leaves, xdp_uplink what
// arrives. Our WireGuard port is the source of the one and the destination of the other.
#pragma once

#include "bpf/program_test.h"
#include "bpf/world.h"

namespace coax::test {

struct Uplink {
    bool receive;
    std::uint32_t pass; // verdicts
    std::uint32_t drop;

    /// UDP from our side's `ours` port to the other's; receive: the other way round.
    [[nodiscard]] Udp udp(std::uint16_t ours, std::uint16_t theirs = 40000) const {
        return receive ? Udp{.sport = theirs, .dport = ours} : Udp{.sport = ours, .dport = theirs};
    }
    [[nodiscard]] coax_counter wg() const {
        return receive ? COAX_COUNTER_UPLINK_WG_RX : COAX_COUNTER_UPLINK_WG_TX;
    }
    [[nodiscard]] Expect passes() const { return {.verdict = pass}; }
    [[nodiscard]] Expect passes_as_wireguard() const {
        return {.verdict = pass, .counters = {{wg(), 1}}};
    }
    [[nodiscard]] Expect drops(coax_drop_reason reason) const {
        return {.verdict = drop, .drop = reason};
    }
};

std::vector<Row> wireguard_rows(const Uplink &uplink);
std::vector<Row> wireguard_header_rows(const Uplink &uplink);
std::vector<Row> wireguard_fragment_rows(const Uplink &uplink);
std::vector<Row> vxlan_rows(const Uplink &uplink);     // with COAX_SETTINGS_DROP_ALL_VXLAN
std::vector<Row> own_vxlan_rows(const Uplink &uplink); // without: only configured VNIs
std::vector<Row> overlay_rows(const Uplink &uplink);   // with the subnets of fill_uplink guarded
std::vector<Row> neighbour_rows(const Uplink &uplink); // likewise
std::vector<Row> other_rows(const Uplink &uplink);     // untouched by any setting

/// 192.0.2.0/24 and 2001:db8:1::/64 are overlay subnets, kVni is a network of this node. The underlay
/// of the rows is 198.51.100.0/24 and 2001:db8:ffff::/64.
void fill_uplink(const BpfRun &program);

} // namespace coax::test
