/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Which of a node's two addresses, and so which keys: a node is known by its first address, its VTEP;
 * the second one is in outer headers only (coax_second, coax_paths).
 */
#pragma once

#include <stdbool.h>

#include "lib/settings.bpf.h"

#define COAX_PATH_FLAGS (COAX_PATH_FROM_SECOND | COAX_PATH_TO_SECOND)

/* How a frame is sent to another node. */
struct path_send {
    __be32 source_be;
    __be32 dest_be;
    __u32 lane_ifindex; /* 0: none */
};

/* The second keys of this node, or NULL when it has none: then nobody has a second address. */
static __always_inline const struct coax_second *second_get(void) {
    __u32 key = 0;
    const struct coax_second *second = bpf_map_lookup_elem(&coax_second, &key);

    return second && second->vtep_bit_be ? second : 0;
}

/* The address that tables know a node by. The bit is one of the pool's host bits, so an address from
 * elsewhere stays elsewhere. */
static __always_inline __be32 path_first(__be32 address_be, const struct coax_second *second) {
    return second ? address_be & ~second->vtep_bit_be : address_be;
}

/* enum coax_path_flags of what is sent to the node. */
static __always_inline __u32 path_flags(__be32 vtep_be) {
    const struct coax_path *path = bpf_map_lookup_elem(&coax_paths, &vtep_be);

    return path ? path->flags & COAX_PATH_FLAGS : 0;
}

/* The lane of a flow, of the `lanes` that two nodes share. 0: it is not there. */
static __always_inline __u32 path_lane(const __u32 *lane_ifindex, __u32 flow_hash, __u32 lanes) {
    __u32 lane = (flow_hash & COAX_SPORT_MASK) % (lanes ? lanes : 1);

    return lane_ifindex[lane & (COAX_LANES_MAX - 1)];
}

/* The only place that decides how a frame gets to the node known as `vtep_be`. */
static __always_inline struct path_send path_to(const struct coax_settings *settings,
                                                __be32 vtep_be, __u32 flow_hash, __u32 lanes) {
    const struct coax_second *second = second_get();
    __u32 flags = second ? path_flags(vtep_be) : 0;
    struct path_send path = {.source_be = settings->self_vtep_be, .dest_be = vtep_be};

    if (second && flags & COAX_PATH_TO_SECOND)
        path.dest_be |= second->vtep_bit_be;
    if (second && flags & COAX_PATH_FROM_SECOND) {
        path.source_be |= second->vtep_bit_be;
        path.lane_ifindex = path_lane(second->lane_ifindex, flow_hash, lanes);
    } else {
        path.lane_ifindex = path_lane(settings->lane_ifindex, flow_hash, lanes);
    }
    return path;
}
