/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Does a frame, or every segment of a super-packet, fit the network's MTU? */
#pragma once

#include <stdbool.h>

#include "lib/packet.bpf.h"

/* IP bytes a frame of this port may have: a tag in the metadata will travel inside the tunnel. */
static __always_inline __u32 mtu_of_frame(__u32 network_mtu, const struct coax_packet *p) {
    return network_mtu - (p->flags & PACKET_HAS_TAG ? COAX_VLAN_BYTES : 0);
}

static __always_inline bool mtu_fits(struct __sk_buff *skb, const struct coax_packet *p,
                                     __u32 mtu) {
    __u32 header_bytes;
    __u8 tcp_offset;

    if (!skb->gso_size)
        return skb->len - sizeof(struct ethhdr) <= mtu;
    if (!p->l4_offset)
        return true;
    header_bytes = p->l4_offset - sizeof(struct ethhdr);
    if (p->l4_protocol == IPPROTO_TCP) {
        if (bpf_skb_load_bytes(skb, p->l4_offset + 12, &tcp_offset, sizeof(tcp_offset)))
            return false;
        header_bytes += (tcp_offset >> 4) * 4;
    } else {
        header_bytes += sizeof(struct udphdr);
    }
    return header_bytes + skb->gso_size <= mtu;
}
