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
    __be32 source_be; /* outer addresses now in the bytes */
    __be32 dest_be;
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

/* One outer address of the already encapsulated frame, and the header checksum. */
static __always_inline int flood_rewrite(struct __sk_buff *skb, __u32 offset, __be32 now_be,
                                         __be32 next_be) {
    const __u32 check = sizeof(struct ethhdr) + __builtin_offsetof(struct iphdr, check);

    if (now_be == next_be)
        return 0;
    if (bpf_l3_csum_replace(skb, check, now_be, next_be, sizeof(next_be)))
        return -1;
    return bpf_skb_store_bytes(skb, sizeof(struct ethhdr) + offset, &next_be, sizeof(next_be), 0);
}

/* Sends the already encapsulated frame another way. */
static __always_inline int flood_readdress(struct flood_walk *walk, const struct path_send *path) {
    if (flood_rewrite(walk->skb, __builtin_offsetof(struct iphdr, saddr), walk->source_be,
                      path->source_be))
        return -1;
    walk->source_be = path->source_be;
    if (flood_rewrite(walk->skb, __builtin_offsetof(struct iphdr, daddr), walk->dest_be,
                      path->dest_be))
        return -1;
    walk->dest_be = path->dest_be;
    return 0;
}

static long flood_remote_one(__u32 i, struct flood_walk *walk) {
    const struct coax_target *target = flood_target(walk, i);
    struct path_send path;
    __be32 vtep_be;

    if (!target || target->kind != COAX_TARGET_NODE)
        return 0;
    vtep_be = target->vtep_be;
    path = path_to(walk->settings, vtep_be, walk->flow_hash, target->lanes);
    if (!path.lane_ifindex || flood_readdress(walk, &path))
        return 0;
    if (bpf_clone_redirect(walk->skb, path.lane_ifindex, 0))
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
 * One clone of an encapsulated frame per remote member; its outer source is `source_be`, its
 * destination still 0. Returns the copies. Frames that go through the hand-over device are replicated
 * there: one entry into its backlog instead of one per member.
 */
static __always_inline __u32 flood_remote(struct __sk_buff *skb,
                                          const struct coax_settings *settings, __u32 vni,
                                          const struct coax_network *network, __be32 source_be,
                                          __u32 flow_hash) {
    struct flood_walk walk = {
        .skb = skb,
        .settings = settings,
        .vni = vni,
        .first = COAX_FLOOD_REMOTE_FIRST,
        .flow_hash = flow_hash,
        .source_be = source_be,
    };

    bpf_loop(flood_bound(network->remote_targets), flood_remote_one, &walk, 0);
    return walk.copies;
}
