/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * May this node still serve what only one node may? The agent writes the deadline; whoever serves asks
 * here for each packet, so an agent that is dead, stopped or cut off needs no second to stop the
 * service. The clock counts the time the machine sleeps: a node that wakes up does not serve on.
 */
#pragma once

#include <stdbool.h>

#include "lib/maps.bpf.h"

/* Fails closed: no lease, or one whose deadline is now or was, is none. */
static __always_inline bool lease_holds(__u32 kind, __u32 id) {
    struct coax_lease_key key = {.kind = kind, .id = id};
    const struct coax_lease *lease = bpf_map_lookup_elem(&coax_leases, &key);

    return lease && bpf_ktime_get_boot_ns() < lease->deadline_ns;
}
