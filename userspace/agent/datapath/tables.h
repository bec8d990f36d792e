// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/bpf/datapath.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Interface indices of what the agent made; they change when a device is made anew.
struct ResolvedLinks {
    IfIndex handover;                     // 0: not there
    std::vector<IfIndex> lanes;           // of the first keys, by lane; 0: not there
    std::map<std::string, IfIndex> ports; // by port name, agent's end; absent: not there
    std::vector<IfIndex> second_lanes{};  // of the second keys, by lane; 0: not there
};

/// Everything the tables depend on.
struct TablesInput {
    const DesiredState &state;
    const ResolvedLinks &links;
    std::uint32_t inner_mtu; // bytes; what the underlay allows a network
    bool has_decap_l3;       // bpf_skb_adjust_room knows DECAP_L3_*
    // What is in the kernel now, so that flood targets keep their index.
    const Table<coax_flood_key, coax_target> &previous_flood;
};

/// Pure: the tables of a node but for coax_paths (agent/peers/paths.h). A port without an interface is left out, a lane without one is 0, a
/// node that is no peer is nowhere.
DatapathTables tables_for(const TablesInput &input);

/// Pure: only what the guard on the uplinks needs to know what must not be seen in clear: VTEP pool,
/// VXLAN port, networks, subnets. No WireGuard port: none is open before the agent runs.
DatapathTables guard_tables_for(const DesiredState &state);

/// True for settings that guard_tables_for() made, and for none at all: no agent has been here.
bool is_unconfigured(const coax_settings &settings);

/// Inner IP MTU of a network, bytes: what was configured, at most what the underlay allows.
std::uint32_t network_mtu(const Network &network, std::uint32_t inner_mtu);

/// The link-local address the kernel gives an interface with this MAC (RFC 4291 appendix A).
IpAddress link_local_of(const MacAddress &mac);

} // namespace coax
