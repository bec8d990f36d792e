/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Comparator, not part of Coax: the other way to get any Ethernet frame into WireGuard. A flow-based
 * vxlan device encapsulates; these programs tell it where to, and deliver what it has unpacked without
 * a bridge. Constants come from the compiler command line of overlay/wireguard.py. A container's
 * traffic has BENCH_VNI, the node's own BENCH_VNI + 1.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

static __always_inline int into_tunnel(struct __sk_buff *skb, __u32 vni) {
    struct bpf_tunnel_key key = {.tunnel_id = vni, .remote_ipv4 = BENCH_REMOTE, .tunnel_ttl = 64};

    if (bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_ZERO_CSUM_TX))
        return TC_ACT_SHOT;
    return bpf_redirect(BENCH_TUNNEL_IFINDEX, 0);
}

SEC("tc/to_tunnel")
int to_tunnel(struct __sk_buff *skb) {
    return into_tunnel(skb, BENCH_VNI);
}

SEC("tc/host_to_tunnel")
int host_to_tunnel(struct __sk_buff *skb) {
    return into_tunnel(skb, BENCH_VNI + 1);
}

SEC("tc/from_tunnel")
int from_tunnel(struct __sk_buff *skb) {
    struct bpf_tunnel_key key;

    if (bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0))
        return TC_ACT_SHOT;
    if (key.tunnel_id == BENCH_VNI)
        return bpf_redirect_peer(BENCH_PORT_IFINDEX, 0);
    return bpf_redirect(BENCH_HOST_IFINDEX, BPF_F_INGRESS);
}

char LICENSE[] SEC("license") = "GPL";
