/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Comparator, not part of Coax: the other way to get any Ethernet frame into WireGuard. A flow-based
 * vxlan device encapsulates; these two programs tell it where to. Constants come from the compiler
 * command line of tests/bench/non_ip_ways.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

SEC("tc/to_tunnel")
int to_tunnel(struct __sk_buff *skb) {
    struct bpf_tunnel_key key = {
        .tunnel_id = BENCH_VNI, .remote_ipv4 = BENCH_REMOTE, .tunnel_ttl = 64};

    if (bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_ZERO_CSUM_TX))
        return TC_ACT_SHOT;
    return bpf_redirect(BENCH_TUNNEL_IFINDEX, 0);
}

SEC("tc/from_tunnel")
int from_tunnel(struct __sk_buff *skb) {
    return bpf_redirect(BENCH_PORT_IFINDEX, 0);
}

char LICENSE[] SEC("license") = "GPL";
