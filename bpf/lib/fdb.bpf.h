/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Where a MAC is, and learning it from what arrives through the tunnel. */
#pragma once

#include "lib/count.bpf.h"
#include "lib/packet.bpf.h"

/* A learned entry is written again only when this old: not once per packet on every CPU. */
#define COAX_FDB_REFRESH_NS 1000000000ULL

static __always_inline struct coax_fdb_entry *fdb_lookup(__u32 vni, const __u8 *mac) {
    struct coax_fdb_key key = {.vni = vni};

    __builtin_memcpy(key.mac, mac, ETH_ALEN);
    return bpf_map_lookup_elem(&coax_fdb, &key);
}

static __always_inline void fdb_insert(__u32 vni, const __u8 *mac, __be32 vtep_be, __u32 lanes,
                                       __u64 now_ns, __u32 learn_limit) {
    struct coax_fdb_key key = {.vni = vni};
    struct coax_fdb_entry entry = {
        .target = {.kind = COAX_TARGET_NODE, .lanes = lanes, .vtep_be = vtep_be},
        .seen_ns = now_ns,
    };
    __u32 *learned = bpf_map_lookup_elem(&coax_net_learned, &vni);

    __builtin_memcpy(key.mac, mac, ETH_ALEN);
    if (!learned || *learned >= learn_limit ||
        bpf_map_update_elem(&coax_fdb, &key, &entry, BPF_NOEXIST)) {
        count_event(COAX_COUNTER_FDB_NOT_LEARNED, 0);
        return;
    }
    __sync_fetch_and_add(learned, 1);
    count_event(COAX_COUNTER_FDB_LEARNED, 0);
}

/*
 * Learns that `mac` is behind `vtep_be`. Local ports and static entries are never learned over: a
 * remote frame that claims such a MAC is dropped. A learned MAC may move, then the next frame to it
 * goes to the new node.
 */
static __always_inline int fdb_learn(__u32 vni, const struct coax_network *network, const __u8 *mac,
                                     __be32 vtep_be, __u32 lanes, __u64 now_ns) {
    struct coax_fdb_entry *known = fdb_lookup(vni, mac);

    if (!known) {
        if (network->flags & COAX_NETWORK_LEARN)
            fdb_insert(vni, mac, vtep_be, lanes, now_ns, network->learn_limit);
        return 0;
    }
    if (known->target.kind != COAX_TARGET_NODE)
        return -COAX_DROP_SRC_MAC_LOCAL;
    if (known->target.vtep_be == vtep_be) {
        if (!(known->flags & COAX_FDB_STATIC) && now_ns - known->seen_ns > COAX_FDB_REFRESH_NS)
            known->seen_ns = now_ns;
        return 0;
    }
    if (known->flags & COAX_FDB_STATIC)
        return -COAX_DROP_SRC_MAC_STATIC;
    known->target.lanes = lanes;
    known->target.vtep_be = vtep_be;
    known->seen_ns = now_ns;
    count_event(COAX_COUNTER_FDB_MOVED, 0);
    return 0;
}
