/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Every map of the data path. All are pinned by name under /sys/fs/bpf/coax/<instance>/ so that the
 * five programs share them, an agent that restarts finds them, and bpftool prints them with types.
 * "Agent" is coaxd. Hash maps are not preallocated unless said: memory follows use.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "coax/abi/control.h"
#include "coax/abi/counter.h"
#include "coax/abi/drop_reason.h"
#include "coax/abi/tables.h"

/* Layout version of everything below. 0 -> COAX_ABI_VERSION. Writer: agent, once. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_abi SEC(".maps");

/* This node. 0 -> settings. Writer: agent. Readers: all programs. lanes == 0 means not configured:
 * ports and lanes drop, uplinks pass what is not overlay. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct coax_settings);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_settings SEC(".maps");

/* The lanes of this node's second keys. 0 -> them. Writer: agent. Readers: all programs.
 * vtep_bit_be == 0: there are none, and nobody has a second address. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct coax_second);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_second SEC(".maps");

/* Local ports. Interface index -> port. Writer: agent. Reader: tc_port. Full: the agent reports the
 * port as failed; a frame from an interface without entry is dropped (no_port). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct coax_port);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_ports SEC(".maps");

/* Token buckets of a port. Interface index -> buckets. Entries: agent; values: tc_port, racy by
 * design (a limit, not an account). Missing entry: the flood or the answer is not sent. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct coax_port_state);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_port_state SEC(".maps");

/* Traffic of a port. Interface index -> counts per CPU. Entries: agent; values: tc_port, tc_lane.
 * Missing entry: not counted, nothing else changes. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct coax_port_stats);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_port_stats SEC(".maps");

/* Further source MACs a port may use (COAX_PORT_MORE_MACS). Writer: agent. Reader: tc_port.
 * The agent sets max_entries from overlay.guard_entries. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 262144);
    __type(key, struct coax_guard_mac_key);
    __type(value, __u8);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_guard_mac SEC(".maps");

/* Source addresses a port may use (COAX_PORT_GUARD_IP). Writer: agent. Reader: tc_port.
 * The agent sets max_entries from overlay.guard_entries. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 262144);
    __type(key, struct coax_guard_ip_key);
    __type(value, __u8);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_guard_ip SEC(".maps");

/* Networks this node is a member of. VNI -> network. Writer: agent. Readers: tc_port, tc_lane,
 * uplinks (is this VNI ours?). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __u32);
    __type(value, struct coax_network);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_networks SEC(".maps");

/* How many MACs of a network are learned. VNI -> count. Entries: agent, which also corrects the value
 * at each sweep; tc_lane adds. Missing entry: nothing is learned. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __u32);
    __type(value, __u32);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_net_learned SEC(".maps");

/* Known nodes. VTEP (network order) -> node. Writer: agent. Readers: tc_lane, tc_handover. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct coax_node);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_nodes SEC(".maps");

/* Overlay traffic with a node. VTEP -> counts per CPU. Entries: agent; values: tc_port, tc_lane.
 * Missing entry: not counted. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct coax_node_stats);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_node_stats SEC(".maps");

/* Which keys a node is sent to with. VTEP (network order) -> path. Writer: agent. Readers: tc_port,
 * tc_handover, and tc_lane, which tells it to a node that asks. Missing entry: first keys to first
 * keys. Full: the agent reports the path as not written; the one before stays in use. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct coax_path);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_paths SEC(".maps");

/* What a node said last of its path to us. VTEP (network order) -> report. Entries: agent; values:
 * tc_lane. Reader: agent. Missing entry: what it says is not noted. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct coax_path_report);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_path_reports SEC(".maps");

/* What the agent asked of a node last. VTEP -> probe. Entries and values: agent. Reader: tc_lane; a
 * reply without entry is dropped (echo_stale). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct coax_probe);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_probes SEC(".maps");

/* Control messages of a node: token buckets, racy by design, and the round trip. VTEP -> state.
 * Entries: agent; values: tc_lane. Missing entry: its messages are dropped (unknown_vtep). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct coax_node_control);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_node_control SEC(".maps");

/* Mail of other agents. Records: struct coax_mail_record. Writer: tc_lane. Reader: agent, which
 * continues where the one before it stopped. Full: the mail is dropped (mail_full). */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, COAX_MAIL_RING_BYTES);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_mail SEC(".maps");

/* What this node alone serves for now. {kind, id} -> deadline. Writer: agent. Readers: whoever serves
 * it, by lease_holds(); no entry, or one that is over: not served. Full: the agent does not take on
 * more. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, struct coax_lease_key);
    __type(value, struct coax_lease);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_leases SEC(".maps");

/* Which node may send on which network. {VTEP, VNI} -> member. Writer: agent. Reader: tc_lane; a
 * frame without entry is dropped. The agent sets max_entries from overlay.member_entries. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1048576);
    __type(key, struct coax_member_key);
    __type(value, struct coax_member);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_members SEC(".maps");

/* Whom a flooded frame reaches. {VNI, index} -> target; see coax_network for the index ranges.
 * Writer: agent. Readers: tc_port, tc_lane (local range only). The agent sets max_entries from
 * overlay.member_entries. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1048576);
    __type(key, struct coax_flood_key);
    __type(value, struct coax_target);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_flood SEC(".maps");

/* Where a MAC is. {VNI, MAC} -> entry. Writers: agent (static, ageing), tc_lane (learned). Readers:
 * tc_port, tc_lane. Full: not learned, counted (fdb_not_learned); the traffic is flooded instead.
 * The agent sets max_entries from overlay.fdb_entries. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1048576);
    __type(key, struct coax_fdb_key);
    __type(value, struct coax_fdb_entry);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_fdb SEC(".maps");

/* Overlay subnets that must never be seen in clear on an uplink. Prefix -> unused. Writer: agent.
 * Readers: tc_uplink, xdp_uplink, for packets that are not WireGuard. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, struct coax_subnet_key);
    __type(value, __u8);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_subnets SEC(".maps");

/* Drops. coax_drop_index(hook, reason) -> count per CPU. Writers: all programs. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, COAX_DROP_ENTRIES);
    __type(key, __u32);
    __type(value, struct coax_count);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_drops SEC(".maps");

/* Events. enum coax_counter -> count per CPU. Writers: all programs. Entries beyond the last counter
 * are for later ones. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, COAX_COUNTERS_MAX);
    __type(key, __u32);
    __type(value, struct coax_count);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} coax_counters SEC(".maps");
