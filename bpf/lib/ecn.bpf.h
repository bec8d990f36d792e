/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Congestion marks of the tunnel reach the inner packet (RFC 6040 section 4.2). */
#pragma once

#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define COAX_ECN_MASK 3
#define COAX_ECN_NOT_ECT 0
#define COAX_ECN_CE 3

/* Marks the frame CE when it can carry the mark. The frame has its Ethernet header. */
static __always_inline void ecn_mark(struct __sk_buff *skb, __be16 proto_be) {
    const __u32 ip = sizeof(struct ethhdr);
    __be16 old_be, new_be;

    if (bpf_skb_load_bytes(skb, ip, &old_be, sizeof(old_be)))
        return;
    if (proto_be == bpf_htons(ETH_P_IP)) {
        if ((bpf_ntohs(old_be) & COAX_ECN_MASK) == COAX_ECN_NOT_ECT)
            return;
        new_be = old_be | bpf_htons(COAX_ECN_CE);
        bpf_l3_csum_replace(skb, ip + __builtin_offsetof(struct iphdr, check), old_be, new_be,
                            sizeof(new_be));
    } else if (proto_be == bpf_htons(ETH_P_IPV6)) {
        if ((bpf_ntohs(old_be) >> 4 & COAX_ECN_MASK) == COAX_ECN_NOT_ECT)
            return;
        new_be = old_be | bpf_htons(COAX_ECN_CE << 4);
    } else {
        return;
    }
    bpf_skb_store_bytes(skb, ip, &new_be, sizeof(new_be), 0);
}
