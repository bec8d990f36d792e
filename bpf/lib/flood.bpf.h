/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Head-end replication: copies of one frame to the members of its network, and to nobody else.
 * bpf_loop, because the verifier (6.18) gives up on an unrolled walk of COAX_FLOOD_TARGETS_MAX
 * ("the sequence of 8193 jumps is too complex").
 */
#pragma once

#include "lib/bucket.bpf.h"
#include "lib/encap.bpf.h"

/* State of one replication; lives on the stack of the program, each callback takes one target. */
struct flood_walk {
    struct __sk_buff *skb;
    const struct coax_settings *settings;
    __u32 vni;
    __u32 first;        /* index of the first target */
    __u32 from_ifindex; /* the port the frame came from: no copy */
    __u32 copies;
    __u32 flow_hash;
    __be32 current_be; /* outer destination now in the bytes */
    int way;           /* enum coax_encap_way */
};

static __always_inline const struct coax_target *flood_target(const struct flood_walk *walk,
                                                              __u32 i) {
    struct coax_flood_key key = {.vni = walk->vni, .index = walk->first + i};

    return bpf_map_lookup_elem(&coax_flood, &key);
}

static long flood_local_one(__u32 i, struct flood_walk *walk) {
    const struct coax_target *target = flood_target(walk, i);

    if (!target || target->kind == COAX_TARGET_NODE || target->ifindex == walk->from_ifindex)
        return 0;
    if (bpf_clone_redirect(walk->skb, target->ifindex, 0))
        return 0;
    count_port_tx(target->ifindex, walk->skb->len);
    walk->copies++;
    return 0;
}

/* Points the already encapsulated frame at another node: destination and header checksum. */
static __always_inline int flood_readdress(struct flood_walk *walk, __be32 vtep_be) {
    const __u32 ip = sizeof(struct ethhdr);

    if (walk->current_be == vtep_be)
        return 0;
    if (bpf_l3_csum_replace(walk->skb, ip + __builtin_offsetof(struct iphdr, check),
                            walk->current_be, vtep_be, sizeof(vtep_be)) ||
        bpf_skb_store_bytes(walk->skb, ip + __builtin_offsetof(struct iphdr, daddr), &vtep_be,
                            sizeof(vtep_be), 0))
        return -1;
    walk->current_be = vtep_be;
    return 0;
}

static long flood_remote_one(__u32 i, struct flood_walk *walk) {
    const struct coax_target *target = flood_target(walk, i);
    __u32 lane;
    __be32 vtep_be;

    if (!target || target->kind != COAX_TARGET_NODE)
        return 0;
    vtep_be = target->vtep_be;
    lane = encap_lane_ifindex(walk->settings, walk->flow_hash, target->lanes);
    if (!lane || flood_readdress(walk, vtep_be))
        return 0;
    if (bpf_clone_redirect(walk->skb, lane, 0))
        return 0;
    count_node_tx(vtep_be, walk->skb->len);
    walk->copies++;
    return 0;
}

static __always_inline __u32 flood_bound(__u32 targets) {
    return targets < COAX_FLOOD_TARGETS_MAX ? targets : COAX_FLOOD_TARGETS_MAX;
}

/* Copies to the local ports of the network, except `from_ifindex` (0: none). Returns the copies. */
static __always_inline __u32 flood_local(struct __sk_buff *skb, __u32 vni,
                                         const struct coax_network *network, __u32 from_ifindex) {
    struct flood_walk walk = {.skb = skb, .vni = vni, .from_ifindex = from_ifindex};

    bpf_loop(flood_bound(network->local_targets), flood_local_one, &walk, 0);
    return walk.copies;
}

/*
 * One clone of an encapsulated frame, whose outer destination is still 0, per remote member. Returns
 * the copies. Frames that go through the hand-over device are replicated there: one entry into its
 * backlog instead of one per member.
 */
static __always_inline __u32 flood_remote(struct __sk_buff *skb,
                                          const struct coax_settings *settings, __u32 vni,
                                          const struct coax_network *network, __u32 flow_hash) {
    struct flood_walk walk = {
        .skb = skb,
        .settings = settings,
        .vni = vni,
        .first = COAX_FLOOD_REMOTE_FIRST,
        .flow_hash = flow_hash,
    };

    bpf_loop(flood_bound(network->remote_targets), flood_remote_one, &walk, 0);
    return walk.copies;
}
