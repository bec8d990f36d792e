// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
// Keys and values of the pinned maps. Shared by BPF C and C++; no bit-fields, padding explicit and
// zero, multi-byte wire fields in network order where the name ends in _be. The maps themselves, with
// writer, readers and what happens when full, are in bpf/lib/maps.bpf.h.
#pragma once

#include <linux/types.h>

#include "coax/abi/limits.h"

#define COAX_ABI_ASSERT(type, bytes)                                                               \
    _Static_assert(sizeof(struct type) == (bytes), #type " changed size")
#ifdef __cplusplus
#undef COAX_ABI_ASSERT
#define COAX_ABI_ASSERT(type, bytes) static_assert(sizeof(type) == (bytes), #type " changed size")
#endif

enum coax_settings_flags {
    // Drop every VXLAN packet to the overlay's port on an uplink; without it, only those that carry a
    // VNI configured here.
    COAX_SETTINGS_DROP_ALL_VXLAN = 1 << 0,
    // coax_subnets is not empty: look up non-WireGuard packets on uplinks in it.
    COAX_SETTINGS_GUARD_SUBNETS = 1 << 1,
    // bpf_skb_adjust_room understands DECAP_L3_*: deliver inner IPv6 with bpf_redirect_peer.
    COAX_SETTINGS_DECAP_L3 = 1 << 2,
};

// coax_settings[0]: what every program must know about this node.
struct coax_settings {
    __be32 self_vtep_be;
    __be32 vtep_pool_be;
    __be32 vtep_mask_be;
    __u32 flags;                        // enum coax_settings_flags
    __u32 handover_ifindex;             // dummy device that re-types non-IP frames
    __u32 lanes;                        // 1..COAX_LANES_MAX; 0 = not configured: drop
    __u32 lane_ifindex[COAX_LANES_MAX]; // 0 beyond `lanes`
    __be16 listen_port_be[COAX_LANES_MAX];
    __be16 vxlan_port_be;
    __u16 pad;
    __u32 pad2;
};
COAX_ABI_ASSERT(coax_settings, 80);

// coax_second[0]: the lanes of this node's second keys. A node has first and second keys in turns, both
// while they change (userspace/agent/peers). An address that WireGuard allows belongs to one key, so a
// node has two: its VTEP for the first keys, and VTEP + vtep_bit_be for the second. The second one is
// seen in outer headers only; every table is keyed by the first.
struct coax_second {
    __be32 vtep_bit_be;                 // highest host bit of the pool; 0: not configured
    __u32 lane_ifindex[COAX_LANES_MAX]; // 0: not there
    __be16 listen_port_be[COAX_LANES_MAX];
};
COAX_ABI_ASSERT(coax_second, 52);

enum coax_path_flags {
    COAX_PATH_FROM_SECOND = 1 << 0, // leaves by a lane of our second keys, from our second address
    COAX_PATH_TO_SECOND = 1 << 1,   // to the node's second address, and so to its second keys
};

// coax_paths: VTEP (network order) -> which keys what we send to the node is encrypted with. Absent:
// first to first.
struct coax_path {
    __u32 flags; // enum coax_path_flags
};
COAX_ABI_ASSERT(coax_path, 4);

// coax_path_reports: VTEP (network order) -> what the node said last of its path to us, in the answer
// to an echo that asked. Written by BPF only.
struct coax_path_report {
    __u64 sent_ns; // CLOCK_MONOTONIC: when we asked; 0: no answer yet
    __u32 flags;   // enum coax_path_flags, as the node sees it
    __u32 pad;
};
COAX_ABI_ASSERT(coax_path_report, 16);

enum coax_port_flags {
    COAX_PORT_GUARD_IP = 1 << 0,  // source IPs must be in coax_guard_ip
    COAX_PORT_MORE_MACS = 1 << 1, // further source MACs in coax_guard_mac
};

// coax_ports: interface index (agent's side of the veth) -> port.
struct coax_port {
    __u32 vni;
    __u32 port_id; // stable id from configuration order-independent hash; names it in bpftool
    __u8 mac[6];
    __u8 flags; // enum coax_port_flags
    __u8 pad[5];
};
COAX_ABI_ASSERT(coax_port, 20);

// coax_port_state: interface index -> token buckets. Written by BPF only.
struct coax_bucket {
    __u64 last_ns;
    __u64 tokens; // in 1/1000 packets
};
struct coax_port_state {
    struct coax_bucket flood;
    struct coax_bucket too_big;
};
COAX_ABI_ASSERT(coax_port_state, 32);

// coax_port_stats (per CPU): interface index -> traffic seen from (rx) and delivered to (tx) the port.
struct coax_port_stats {
    __u64 rx_packets;
    __u64 rx_bytes;
    __u64 tx_packets;
    __u64 tx_bytes;
};
COAX_ABI_ASSERT(coax_port_stats, 32);

// coax_guard_mac: further source MACs a port may use -> unused.
struct coax_guard_mac_key {
    __u32 ifindex;
    __u8 mac[6];
    __u8 pad[2];
};
COAX_ABI_ASSERT(coax_guard_mac_key, 12);

// coax_guard_ip: source addresses a port may use (IPv4 as ::ffff:a.b.c.d) -> unused.
struct coax_guard_ip_key {
    __u32 ifindex;
    __u8 addr[16];
};
COAX_ABI_ASSERT(coax_guard_ip_key, 20);

enum coax_network_flags {
    COAX_NETWORK_FLOOD = 1 << 0, // replicate broadcast, multicast, unknown unicast
    COAX_NETWORK_LEARN = 1 << 1, // learn source MACs from decapsulated frames
};

// coax_networks: VNI -> network.
struct coax_network {
    __u32 flags; // enum coax_network_flags
    __u32 mtu;   // inner IP MTU in bytes
    // Flood targets of this VNI: ports at index 0.., nodes at COAX_FLOOD_REMOTE_FIRST..
    __u32 local_targets;
    __u32 remote_targets;
    __u32 flood_pps;   // frames per second one port may flood
    __u32 learn_limit; // learned MACs at most
};
COAX_ABI_ASSERT(coax_network, 24);

// coax_net_learned: VNI -> number of learned MACs (approximate between two sweeps of the agent).

enum coax_target_kind {
    COAX_TARGET_NONE = 0,
    COAX_TARGET_PORT_EGRESS =
        1, // bpf_redirect(ifindex, 0): port whose other end is in this namespace
    COAX_TARGET_PORT_PEER = 2, // bpf_redirect_peer(ifindex): port whose other end is in another one
    COAX_TARGET_NODE = 3,      // encapsulate to vtep_be
};

// Where a frame goes: a local port or a remote node.
struct coax_target {
    __u8 kind;  // enum coax_target_kind
    __u8 lanes; // NODE: lanes the two nodes share, 1..COAX_LANES_MAX
    __u8 pad[2];
    __u32 ifindex;  // PORT_*
    __be32 vtep_be; // NODE
};
COAX_ABI_ASSERT(coax_target, 12);

// coax_flood: {VNI, index} -> target.
struct coax_flood_key {
    __u32 vni;
    __u32 index;
};
COAX_ABI_ASSERT(coax_flood_key, 8);

enum coax_fdb_flags {
    COAX_FDB_STATIC = 1 << 0, // written by the agent; never learned over, never aged
};

// coax_fdb: {VNI, MAC} -> where that MAC is.
struct coax_fdb_key {
    __u32 vni;
    __u8 mac[6];
    __u8 pad[2];
};
COAX_ABI_ASSERT(coax_fdb_key, 12);

struct coax_fdb_entry {
    struct coax_target target;
    __u32 flags;   // enum coax_fdb_flags
    __u64 seen_ns; // CLOCK_MONOTONIC (coarse) of the last frame from this MAC; learned entries only
};
COAX_ABI_ASSERT(coax_fdb_entry, 24);

// coax_nodes: VTEP (network order) -> node.
struct coax_node {
    __u32 node_id;
    __u32 lanes;
};
COAX_ABI_ASSERT(coax_node, 8);

// coax_node_stats (per CPU): VTEP (network order) -> overlay traffic exchanged with the node.
struct coax_node_stats {
    __u64 rx_packets;
    __u64 rx_bytes;
    __u64 tx_packets;
    __u64 tx_bytes;
    __u64 last_rx_ns; // CLOCK_MONOTONIC (coarse); frames and control messages
};
COAX_ABI_ASSERT(coax_node_stats, 40);

// coax_probes: VTEP (network order) -> the echo request that this node sent last.
struct coax_probe {
    __u64 sequence; // 0: none yet
    __u64 sent_ns;  // CLOCK_MONOTONIC
};
COAX_ABI_ASSERT(coax_probe, 16);

// coax_node_control: VTEP (network order) -> what control messages of the node left. Written by BPF
// only.
struct coax_node_control {
    struct coax_bucket echo;
    struct coax_bucket mail;
    __u64 answered; // sequence of the last of our probes that came back
    __u64 rtt_ns;   // of that probe
};
COAX_ABI_ASSERT(coax_node_control, 48);

// coax_leases: what only one node may serve, and until when this node may.
enum coax_lease_kind {
    COAX_LEASE_NONE = 0,
    COAX_LEASE_GATEWAY = 1, // id: VNI
    COAX_LEASE_SERVICE = 2, // id: number of the service address
    COAX_LEASE_DHCP = 3,    // id: number of the address range
};
struct coax_lease_key {
    __u32 kind; // enum coax_lease_kind
    __u32 id;
};
struct coax_lease {
    __u64 deadline_ns; // CLOCK_BOOTTIME: time asleep counts
    __u64 flags;       // none yet: 0
};
COAX_ABI_ASSERT(coax_lease_key, 8);
COAX_ABI_ASSERT(coax_lease, 16);

// coax_members: {VTEP, VNI} present -> that node may send on that network.
struct coax_member_key {
    __be32 vtep_be;
    __u32 vni;
};
struct coax_member {
    __u32 node_id;
    __u32 lanes;
};
COAX_ABI_ASSERT(coax_member_key, 8);
COAX_ABI_ASSERT(coax_member, 8);

// coax_subnets: longest-prefix-match of overlay subnets (IPv4 as ::ffff:a.b.c.d/96+n) -> unused.
struct coax_subnet_key {
    __u32 prefix_bits;
    __u8 addr[16];
};
COAX_ABI_ASSERT(coax_subnet_key, 20);

// coax_drops[hook * COAX_DROP_REASONS_COUNT + reason] and coax_counters[counter] (per CPU).
struct coax_count {
    __u64 packets;
    __u64 bytes;
};
COAX_ABI_ASSERT(coax_count, 16);
