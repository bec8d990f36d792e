/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Asks lease_holds() for the kind and id in the first eight bytes of a packet: TC_ACT_OK or _SHOT. */
#include <linux/pkt_cls.h>

#include "lib/lease.bpf.h"

SEC("tc")
int lease_probe(struct __sk_buff *skb) {
    struct coax_lease_key key;

    if (bpf_skb_load_bytes(skb, 0, &key, sizeof(key)))
        return TC_ACT_UNSPEC;
    return lease_holds(key.kind, key.id) ? TC_ACT_OK : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
