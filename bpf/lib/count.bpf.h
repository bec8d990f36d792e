/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Drop and event counters. A counter that cannot be written changes nothing else. */
#pragma once

#include "lib/maps.bpf.h"

static __always_inline void count_events(enum coax_counter counter, __u64 packets, __u64 bytes) {
    __u32 key = counter;
    struct coax_count *count = bpf_map_lookup_elem(&coax_counters, &key);

    if (count) {
        count->packets += packets;
        count->bytes += bytes;
    }
}

static __always_inline void count_event(enum coax_counter counter, __u64 bytes) {
    count_events(counter, 1, bytes);
}

static __always_inline void count_drop(enum coax_hook hook, __u32 reason, __u64 bytes) {
    __u32 key = coax_drop_index(hook, reason);
    struct coax_count *count = bpf_map_lookup_elem(&coax_drops, &key);

    if (count) {
        count->packets++;
        count->bytes += bytes;
    }
}

static __always_inline void count_port_rx(__u32 ifindex, __u32 bytes) {
    struct coax_port_stats *stats = bpf_map_lookup_elem(&coax_port_stats, &ifindex);

    if (stats) {
        stats->rx_packets++;
        stats->rx_bytes += bytes;
    }
}

static __always_inline void count_port_tx(__u32 ifindex, __u32 bytes) {
    struct coax_port_stats *stats = bpf_map_lookup_elem(&coax_port_stats, &ifindex);

    if (stats) {
        stats->tx_packets++;
        stats->tx_bytes += bytes;
    }
}

static __always_inline void count_node_tx(__be32 vtep_be, __u32 bytes) {
    struct coax_node_stats *stats = bpf_map_lookup_elem(&coax_node_stats, &vtep_be);

    if (stats) {
        stats->tx_packets++;
        stats->tx_bytes += bytes;
    }
}

static __always_inline void count_node_rx(__be32 vtep_be, __u32 bytes, __u64 now_ns) {
    struct coax_node_stats *stats = bpf_map_lookup_elem(&coax_node_stats, &vtep_be);

    if (stats) {
        stats->rx_packets++;
        stats->rx_bytes += bytes;
        stats->last_rx_ns = now_ns;
    }
}

/* A control message: it is no traffic of the overlay, but the node is there. */
static __always_inline void count_node_seen(__be32 vtep_be, __u64 now_ns) {
    struct coax_node_stats *stats = bpf_map_lookup_elem(&coax_node_stats, &vtep_be);

    if (stats)
        stats->last_rx_ns = now_ns;
}
