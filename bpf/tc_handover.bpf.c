/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * TC ingress of the hand-over device, a dummy. tc_port encapsulates non-IP frames without being able
 * to correct skb->protocol; entering a device by its ingress does (eth_type_trans). From here they go
 * to the lane.
 */
#include "lib/encap.bpf.h"
#include "lib/finish.bpf.h"

static __always_inline int handover_check(const struct coax_settings *settings,
                                          const struct ethhdr *eth,
                                          const struct coax_outer *outer) {
    if (eth->h_proto != bpf_htons(ETH_P_IP) || outer->ip.protocol != IPPROTO_UDP ||
        outer->ip.saddr != settings->self_vtep_be || outer->udp.dest != settings->vxlan_port_be)
        return -COAX_DROP_HANDOVER_UNEXPECTED;
    return 0;
}

static __always_inline int handover_forward(struct __sk_buff *skb) {
    const struct coax_settings *settings = settings_get();
    const struct coax_node *node;
    struct coax_outer outer;
    struct ethhdr eth;
    __u32 lane;
    int rc;

    if (!settings)
        return -COAX_DROP_NO_SETTINGS;
    if (bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)) ||
        bpf_skb_load_bytes(skb, sizeof(eth), &outer, sizeof(outer)))
        return -COAX_DROP_HANDOVER_UNEXPECTED;
    rc = handover_check(settings, &eth, &outer);
    if (rc)
        return rc;
    node = bpf_map_lookup_elem(&coax_nodes, &outer.ip.daddr);
    if (!node)
        return -COAX_DROP_HANDOVER_UNEXPECTED;
    /* The source port carries the flow hash, so the lane is the one tc_port would have taken. */
    lane = encap_lane_ifindex(settings, bpf_ntohs(outer.udp.source) - COAX_SPORT_BASE, node->lanes);
    return lane ? bpf_redirect(lane, 0) : -COAX_DROP_NO_LANE;
}

SEC("tc")
int tc_handover(struct __sk_buff *skb) {
    return tc_finish(skb, COAX_HOOK_TC_HANDOVER, handover_forward(skb));
}

char LICENSE[] SEC("license") = "GPL";
