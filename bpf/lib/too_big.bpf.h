/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Turns a frame that does not fit into the answer a router would give: ICMP fragmentation needed
 * (RFC 1191) or ICMPv6 packet too big (RFC 4443 section 3.2), sent back to the port. It is sent for
 * IPv4 without DF too: a switch cannot fragment, and the sender then does.
 */
#pragma once

#include "lib/bucket.bpf.h"
#include "lib/count.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/vxlan.bpf.h"

#define COAX_TOO_BIG_PER_SECOND 100
#define COAX_ICMP_UNREACHABLE 3
#define COAX_ICMP_FRAG_NEEDED 4
#define COAX_ICMPV6_TOO_BIG 2
#define COAX_ICMP_ECHO_REPLY 0
#define COAX_ICMP_ECHO 8
#define COAX_ICMPV6_INFORMATIONAL 128 /* lower types are errors */
#define COAX_ICMPV6_REDIRECT 137
/* Bytes of the original packet quoted. IPv4: the longest header and the 8 bytes RFC 792 asks for.
 * IPv6: RFC 4443 asks for as much as fits 1280; bpf_csum_diff takes at most 512 at once. */
#define COAX_ICMP_QUOTE_BYTES 68
#define COAX_ICMPV6_QUOTE_BYTES 512

struct coax_icmp_too_big {
    struct iphdr ip;
    __u8 type;
    __u8 code;
    __sum16 check;
    __be16 unused_be;
    __be16 mtu_be;
};

struct coax_icmpv6_too_big {
    struct ipv6hdr ip6;
    __u8 type;
    __u8 code;
    __sum16 check;
    __be32 mtu_be;
};

static __always_inline __sum16 too_big_fold(__u32 sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

/* Trims to the quote and makes room for `head_bytes` between Ethernet and it. */
static __always_inline int too_big_make_room(struct __sk_buff *skb, const struct coax_packet *p,
                                             __u32 quote_bytes, __u32 head_bytes) {
    __u8 macs[2 * ETH_ALEN];

    if (bpf_skb_change_tail(skb, sizeof(struct ethhdr) + quote_bytes, 0) ||
        bpf_skb_adjust_room(skb, head_bytes, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
        return -COAX_DROP_TOO_BIG;
    __builtin_memcpy(macs, p->eth.h_source, ETH_ALEN);
    __builtin_memcpy(macs + ETH_ALEN, p->eth.h_dest, ETH_ALEN);
    if (bpf_skb_store_bytes(skb, 0, macs, sizeof(macs), 0))
        return -COAX_DROP_TOO_BIG;
    return 0;
}

static __always_inline int too_big_ipv4(struct __sk_buff *skb, const struct coax_packet *p,
                                        __u32 mtu) {
    __u8 quote[COAX_ICMP_QUOTE_BYTES];
    struct coax_icmp_too_big head = {};
    struct iphdr original;
    __s64 sum;

    if (bpf_skb_load_bytes(skb, p->l3_offset, quote, sizeof(quote)) ||
        too_big_make_room(skb, p, sizeof(quote), sizeof(head)))
        return -COAX_DROP_TOO_BIG;
    __builtin_memcpy(&original, quote, sizeof(original));
    head.ip.version = 4;
    head.ip.ihl = 5;
    head.ip.tot_len = bpf_htons(sizeof(head) + sizeof(quote));
    head.ip.ttl = COAX_OUTER_TTL;
    head.ip.protocol = IPPROTO_ICMP;
    head.ip.saddr = original.daddr;
    head.ip.daddr = original.saddr;
    head.ip.check = outer_ip_checksum(&head.ip);
    head.type = COAX_ICMP_UNREACHABLE;
    head.code = COAX_ICMP_FRAG_NEEDED;
    head.mtu_be = bpf_htons(mtu);
    sum = bpf_csum_diff(0, 0, (__be32 *)quote, sizeof(quote), 0);
    sum = bpf_csum_diff(0, 0, (__be32 *)&head.type, 8, sum);
    head.check = too_big_fold(sum);
    if (bpf_skb_store_bytes(skb, sizeof(struct ethhdr), &head, sizeof(head), 0))
        return -COAX_DROP_TOO_BIG;
    return 0;
}

/* Sum of the quote, in pieces that fit the BPF stack. */
static __always_inline int too_big_quote_sum(struct __sk_buff *skb, __u32 offset, __s64 *sum) {
    __u8 piece[64];
    int i;

    for (i = 0; i < COAX_ICMPV6_QUOTE_BYTES / (int)sizeof(piece); i++) {
        if (bpf_skb_load_bytes(skb, offset + i * sizeof(piece), piece, sizeof(piece)))
            return -COAX_DROP_TOO_BIG;
        *sum = bpf_csum_diff(0, 0, (__be32 *)piece, sizeof(piece), *sum);
    }
    return 0;
}

static __always_inline int too_big_ipv6(struct __sk_buff *skb, const struct coax_packet *p,
                                        __u32 mtu) {
    struct coax_icmpv6_too_big head = {};
    struct ipv6hdr original;
    __be32 pseudo[2] = {bpf_htonl(8 + COAX_ICMPV6_QUOTE_BYTES), bpf_htonl(IPPROTO_ICMPV6)};
    __s64 sum = 0;

    if (bpf_skb_load_bytes(skb, p->l3_offset, &original, sizeof(original)) ||
        too_big_quote_sum(skb, p->l3_offset, &sum) ||
        too_big_make_room(skb, p, COAX_ICMPV6_QUOTE_BYTES, sizeof(head)))
        return -COAX_DROP_TOO_BIG;
    head.ip6.version = 6;
    head.ip6.payload_len = bpf_htons(8 + COAX_ICMPV6_QUOTE_BYTES);
    head.ip6.nexthdr = IPPROTO_ICMPV6;
    head.ip6.hop_limit = COAX_OUTER_TTL;
    head.ip6.saddr = original.daddr;
    head.ip6.daddr = original.saddr;
    head.type = COAX_ICMPV6_TOO_BIG;
    head.mtu_be = bpf_htonl(mtu);
    sum = bpf_csum_diff(0, 0, (__be32 *)&original.saddr, 32, sum);
    sum = bpf_csum_diff(0, 0, pseudo, sizeof(pseudo), sum);
    sum = bpf_csum_diff(0, 0, (__be32 *)&head.type, 8, sum);
    head.check = too_big_fold(sum);
    if (bpf_skb_store_bytes(skb, sizeof(struct ethhdr), &head, sizeof(head), 0))
        return -COAX_DROP_TOO_BIG;
    return 0;
}

/* RFC 1122 section 3.2.1.3: this network, loopback, multicast, class E, broadcast. */
static __always_inline bool too_big_no_host(__be32 address_be) {
    __u32 first = bpf_ntohl(address_be) >> 24;

    return first == 0 || first == 127 || first >= 224;
}

/* RFC 1122 section 3.2.2: no error about an error, about a piece that lacks the header it would
 * quote, nor from or to what is no single host. */
static __always_inline bool too_big_answerable_ipv4(struct __sk_buff *skb,
                                                    const struct coax_packet *p) {
    __u8 type = COAX_ICMP_ECHO;
    struct iphdr ip;

    if (bpf_skb_load_bytes(skb, p->l3_offset, &ip, sizeof(ip)) ||
        ip.frag_off & bpf_htons(COAX_IP_OFFSET) || too_big_no_host(ip.saddr) ||
        too_big_no_host(ip.daddr))
        return false;
    if (ip.protocol != IPPROTO_ICMP)
        return true;
    bpf_skb_load_bytes(skb, p->l3_offset + ip.ihl * 4, &type, sizeof(type));
    return type == COAX_ICMP_ECHO || type == COAX_ICMP_ECHO_REPLY;
}

/* RFC 4443 section 2.4 (e): no error about an error or a redirect, nor to what is no single
 * node. */
static __always_inline bool too_big_answerable_ipv6(struct __sk_buff *skb,
                                                    const struct coax_packet *p) {
    const __be32 *source = p->source_be;
    __u8 type = COAX_ICMPV6_INFORMATIONAL;

    if (!(source[0] | source[1] | source[2] | source[3]) || bpf_ntohl(source[0]) >> 24 == 0xff)
        return false;
    if (!p->l4_offset || p->l4_protocol != IPPROTO_ICMPV6)
        return true;
    bpf_skb_load_bytes(skb, p->l4_offset, &type, sizeof(type));
    return type >= COAX_ICMPV6_INFORMATIONAL && type != COAX_ICMPV6_REDIRECT;
}

static __always_inline bool too_big_answerable(struct __sk_buff *skb, const struct coax_packet *p) {
    if (p->flags & PACKET_IS_GROUP)
        return false;
    if (p->flags & PACKET_IS_IPV4)
        return too_big_answerable_ipv4(skb, p);
    return p->flags & PACKET_IS_IPV6 && too_big_answerable_ipv6(skb, p);
}

/* The frame becomes the answer, counted as a drop of what it was: 0, and the caller sends it back to
 * the port. -COAX_DROP_TOO_BIG when there is no answer to give. */
static __always_inline int too_big_answer(struct __sk_buff *skb, const struct coax_packet *p,
                                          __u32 mtu) {
    __u32 ifindex = skb->ifindex, bytes = skb->len;
    struct coax_port_state *state = bpf_map_lookup_elem(&coax_port_state, &ifindex);
    int rc = -COAX_DROP_TOO_BIG;

    if (!too_big_answerable(skb, p) || !state ||
        !bucket_take(&state->too_big, COAX_TOO_BIG_PER_SECOND))
        return rc;
    if (p->flags & PACKET_IS_IPV4)
        rc = too_big_ipv4(skb, p, mtu);
    else if (p->flags & PACKET_IS_IPV6)
        rc = too_big_ipv6(skb, p, mtu);
    if (rc)
        return rc;
    count_drop(COAX_HOOK_TC_PORT, COAX_DROP_TOO_BIG, bytes);
    count_event(COAX_COUNTER_TOO_BIG_SENT, bytes);
    return 0;
}
