/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * TC ingress of the hand-over device, a dummy. tc_port encapsulates non-IP frames without being able
 * to correct skb->protocol; entering a device by its ingress does (eth_type_trans). From here they go
 * to the lane, or, without an outer destination yet, to every remote member of the network.
 */
#include "lib/encap.bpf.h"
#include "lib/finish.bpf.h"
#include "lib/flood.bpf.h"

static __always_inline int handover_check(const struct coax_settings *settings,
                                          const struct coax_second *second,
                                          const struct ethhdr *eth,
                                          const struct coax_outer *outer) {
    if (eth->h_proto != bpf_htons(ETH_P_IP) || outer->ip.protocol != IPPROTO_UDP ||
        path_first(outer->ip.saddr, second) != settings->self_vtep_be ||
        outer->udp.dest != settings->vxlan_port_be)
        return -COAX_DROP_HANDOVER_UNEXPECTED;
    return 0;
}

/* The source port carries the flow hash, so the lane is the one tc_port would have taken. */
static __always_inline __u32 handover_flow_hash(const struct coax_outer *outer) {
    return bpf_ntohs(outer->udp.source) - COAX_SPORT_BASE;
}

static __always_inline int handover_flood(struct __sk_buff *skb,
                                          const struct coax_settings *settings,
                                          const struct coax_outer *outer) {
    __u32 vni = bpf_ntohl(outer->vxlan.vni_be) >> 8, copies;
    const struct coax_network *network = bpf_map_lookup_elem(&coax_networks, &vni);

    if (!network)
        return -COAX_DROP_NO_NETWORK;
    copies = flood_remote(skb, settings, vni, network, outer->ip.saddr, handover_flow_hash(outer));
    count_events(COAX_COUNTER_FLOOD_COPIES, copies, (__u64)copies * skb->len);
    return TC_ACT_STOLEN;
}

/* Of the keys whose address tc_port wrote, though another path may have been chosen since. */
static __always_inline __u32 handover_lane(const struct coax_settings *settings,
                                           const struct coax_second *second,
                                           const struct coax_outer *outer, __u32 lanes) {
    __u32 flow_hash = handover_flow_hash(outer);

    if (second && outer->ip.saddr != settings->self_vtep_be)
        return path_lane(second->lane_ifindex, flow_hash, lanes);
    return path_lane(settings->lane_ifindex, flow_hash, lanes);
}

static __always_inline int handover_forward(struct __sk_buff *skb) {
    const struct coax_settings *settings = settings_get();
    const struct coax_second *second = second_get();
    const struct coax_node *node;
    struct coax_outer outer;
    struct ethhdr eth;
    __be32 vtep_be;
    __u32 lane;
    int rc;

    if (!settings)
        return -COAX_DROP_NO_SETTINGS;
    if (bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)) ||
        bpf_skb_load_bytes(skb, sizeof(eth), &outer, sizeof(outer)))
        return -COAX_DROP_HANDOVER_UNEXPECTED;
    rc = handover_check(settings, second, &eth, &outer);
    if (rc)
        return rc;
    if (!outer.ip.daddr)
        return handover_flood(skb, settings, &outer);
    vtep_be = path_first(outer.ip.daddr, second);
    node = bpf_map_lookup_elem(&coax_nodes, &vtep_be);
    if (!node)
        return -COAX_DROP_HANDOVER_UNEXPECTED;
    lane = handover_lane(settings, second, &outer, node->lanes);
    return lane ? bpf_redirect(lane, 0) : -COAX_DROP_NO_LANE;
}

SEC("tc")
int tc_handover(struct __sk_buff *skb) {
    return tc_finish(skb, COAX_HOOK_TC_HANDOVER, handover_forward(skb));
}

char LICENSE[] SEC("license") = "GPL";
