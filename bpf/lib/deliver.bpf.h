/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Hands a frame to a local port. */
#pragma once

#include <stdbool.h>

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "lib/count.bpf.h"

/*
 * `peer_ok`: skb->protocol is right for the frame, so it may appear in the other namespace at once by
 * bpf_redirect_peer (which, before kernel 6.15, keeps PACKET_OTHERHOST too). Otherwise bpf_redirect
 * sends it through the veth, whose eth_type_trans sets both anew.
 */
static __always_inline int deliver(struct __sk_buff *skb, const struct coax_target *target,
                                   bool peer_ok) {
    count_port_tx(target->ifindex, skb->len);
    if (target->kind == COAX_TARGET_PORT_PEER && peer_ok) {
        bpf_skb_change_type(skb, PACKET_HOST);
        return bpf_redirect_peer(target->ifindex, 0);
    }
    return bpf_redirect(target->ifindex, 0);
}
