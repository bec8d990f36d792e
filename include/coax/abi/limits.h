// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
// Limits and wire constants shared by the BPF programs and user space.
#pragma once

// Rises whenever the meaning or layout of what is in this folder changes. The agent pins it and refuses
// to touch a running data path of another version. What is only added changes nothing for an agent or
// a program that does not know it, and leaves the version as it is: new maps, drop reasons, hooks and
// counters at the end of their lists (coax_drop_index, COAX_COUNTERS_MAX keep room for them).
#define COAX_ABI_VERSION 1

#define COAX_LANES_MAX 8
#define COAX_UPLINKS_MAX 8
// Local ports, and remote nodes, one flooded frame may be copied to. In coax_flood local targets have
// the indices from 0 on, remote ones from COAX_FLOOD_REMOTE_FIRST on, so that neither moves the other.
#define COAX_FLOOD_TARGETS_MAX 1024
#define COAX_FLOOD_REMOTE_FIRST 0x80000000u

#define COAX_NODE_ID_MAX 0xffffff
#define COAX_VNI_MIN 1
#define COAX_VNI_MAX 0xffffff

// Outer IPv4 (20) + UDP (8) + VXLAN (8) + inner Ethernet (14): what the overlay adds inside WireGuard.
#define COAX_ENCAP_BYTES 50
#define COAX_VLAN_BYTES 4

// The outer UDP source port carries the inner flow hash: 49152 + 14 bits of hash (RFC 7348 section 5).
#define COAX_SPORT_BASE 49152
#define COAX_SPORT_MASK 0x3fff

// Frames shorter than this are zero-padded to COAX_ETH_MIN_BYTES before encapsulation, as a NIC would
// do: kernel 6.1 refuses to strip an outer header that leaves less than 20 bytes behind it.
#define COAX_RUNT_BYTES 34
#define COAX_ETH_MIN_BYTES 60

#define COAX_INSTANCE_NAME_MAX 8
