/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The inner frame, parsed once into typed facts; later stages take these and not the bytes. */
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "coax/abi/drop_reason.h"
#include "lib/hash.bpf.h"

/* Ethernet + IPv6 + the first bytes of what follows: what a parse may touch. */
#define COAX_PARSE_BYTES 96
#define COAX_IPV6_EXTENSIONS_MAX 4
#define COAX_IP_MF 0x2000
#define COAX_IP_OFFSET 0x1fff

enum coax_packet_flags {
    PACKET_IS_IPV4 = 1 << 0,
    PACKET_IS_IPV6 = 1 << 1,
    PACKET_IS_ARP = 1 << 2,
    PACKET_IS_FRAGMENT = 1 << 3,
    PACKET_IS_GROUP = 1 << 4, /* broadcast or multicast destination MAC */
    PACKET_HAS_TAG = 1 << 5,  /* 802.1Q/ad tag in skb metadata, not in the bytes */
    PACKET_IS_TCP_SYN = 1 << 6,
};

struct coax_packet {
    struct ethhdr eth; /* as in the bytes */
    __u16 flags;       /* enum coax_packet_flags */
    __u16 l3_offset;   /* from the start of the frame, bytes */
    __u16 l4_offset;   /* 0: no transport header in this frame */
    __u8 l4_protocol;  /* IPPROTO_*; 0 for non-IP */
    __u8 ecn;          /* low two bits of TOS / traffic class */
    __u32 flow_hash;
    __be32 source_be[4]; /* source IP, IPv4 as ::ffff:a.b.c.d */
    __be16 source_port_be;
    __be16 dest_port_be;
    __be16 tag_proto_be; /* PACKET_HAS_TAG */
    __be16 tag_tci_be;
};

static __always_inline int packet_parse_ports(void *data, void *data_end, struct coax_packet *p) {
    __be16 *ports = data + p->l4_offset;

    if (p->l4_protocol != IPPROTO_TCP && p->l4_protocol != IPPROTO_UDP)
        return 0;
    if ((void *)(ports + 2) > data_end)
        return -COAX_DROP_MALFORMED;
    p->source_port_be = ports[0];
    p->dest_port_be = ports[1];
    if (p->l4_protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = (void *)ports;

        if ((void *)(tcp + 1) > data_end)
            return -COAX_DROP_MALFORMED;
        if (tcp->syn)
            p->flags |= PACKET_IS_TCP_SYN;
    }
    return 0;
}

static __always_inline int packet_parse_ipv4(void *data, void *data_end, struct coax_packet *p) {
    struct iphdr *ip = data + sizeof(struct ethhdr);
    __u32 header_bytes;

    if ((void *)(ip + 1) > data_end)
        return -COAX_DROP_MALFORMED;
    header_bytes = ip->ihl * 4;
    if (ip->version != 4 || header_bytes < sizeof(*ip))
        return -COAX_DROP_MALFORMED;
    p->flags |= PACKET_IS_IPV4;
    p->ecn = ip->tos & 3;
    p->l4_protocol = ip->protocol;
    p->source_be[2] = bpf_htonl(0xffff);
    p->source_be[3] = ip->saddr;
    p->flow_hash = hash_mix(ip->protocol, ((__u64)ip->saddr << 32) | ip->daddr);
    if (ip->frag_off & bpf_htons(COAX_IP_MF | COAX_IP_OFFSET)) {
        p->flags |= PACKET_IS_FRAGMENT;
        return 0;
    }
    p->l4_offset = sizeof(struct ethhdr) + header_bytes;
    return packet_parse_ports(data, data_end, p);
}

static __always_inline bool packet_is_ipv6_extension(__u8 next) {
    return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS;
}

/* Walks at most COAX_IPV6_EXTENSIONS_MAX extension headers; past them the transport is unknown. */
static __always_inline void packet_skip_ipv6_extensions(struct __sk_buff *skb,
                                                        struct coax_packet *p) {
    __u32 offset = sizeof(struct ethhdr) + sizeof(struct ipv6hdr);
    __u8 next = p->l4_protocol;
    __u8 head[2];
    int i;

    for (i = 0; i < COAX_IPV6_EXTENSIONS_MAX; i++) {
        if (next == IPPROTO_FRAGMENT) {
            p->flags |= PACKET_IS_FRAGMENT;
            return;
        }
        if (!packet_is_ipv6_extension(next))
            break;
        if (bpf_skb_load_bytes(skb, offset, head, sizeof(head)))
            return;
        next = head[0];
        offset += (head[1] + 1) * 8;
    }
    p->l4_protocol = next;
    p->l4_offset = offset;
}

static __always_inline int packet_parse_ipv6(struct __sk_buff *skb, void *data, void *data_end,
                                             struct coax_packet *p) {
    struct ipv6hdr *ip6 = data + sizeof(struct ethhdr);
    __be32 *destination = (__be32 *)&ip6->daddr;

    if ((void *)(ip6 + 1) > data_end)
        return -COAX_DROP_MALFORMED;
    if (ip6->version != 6)
        return -COAX_DROP_MALFORMED;
    p->flags |= PACKET_IS_IPV6;
    p->ecn = (ip6->flow_lbl[0] >> 4) & 3;
    p->l4_protocol = ip6->nexthdr;
    __builtin_memcpy(p->source_be, &ip6->saddr, 16);
    p->flow_hash = hash_mix(ip6->nexthdr, ((__u64)p->source_be[0] << 32) | p->source_be[1]);
    p->flow_hash = hash_mix(p->flow_hash, ((__u64)p->source_be[2] << 32) | p->source_be[3]);
    p->flow_hash = hash_mix(p->flow_hash, ((__u64)destination[0] << 32) | destination[1]);
    p->flow_hash = hash_mix(p->flow_hash, ((__u64)destination[2] << 32) | destination[3]);
    if (ip6->nexthdr == IPPROTO_TCP || ip6->nexthdr == IPPROTO_UDP) {
        p->l4_offset = sizeof(struct ethhdr) + sizeof(*ip6);
        return packet_parse_ports(data, data_end, p);
    }
    packet_skip_ipv6_extensions(skb, p);
    return 0;
}

static __always_inline int packet_parse_l3(struct __sk_buff *skb, struct coax_packet *p) {
    void *data = (void *)(long)skb->data;
    void *data_end = (void *)(long)skb->data_end;
    int rc;

    if (p->eth.h_proto == bpf_htons(ETH_P_IP)) {
        rc = packet_parse_ipv4(data, data_end, p);
    } else if (p->eth.h_proto == bpf_htons(ETH_P_IPV6)) {
        rc = packet_parse_ipv6(skb, data, data_end, p);
    } else {
        if (p->eth.h_proto == bpf_htons(ETH_P_ARP))
            p->flags |= PACKET_IS_ARP;
        p->flow_hash = hash_mac_pair(p->eth.h_source, p->eth.h_dest, p->eth.h_proto);
        return 0;
    }
    p->flow_hash = hash_mix(p->flow_hash, ((__u32)p->source_port_be << 16) | p->dest_port_be);
    return rc;
}

/* Fills `p` (zeroed by the caller). -COAX_DROP_MALFORMED for what is not even the header it claims. */
static __always_inline int packet_parse(struct __sk_buff *skb, struct coax_packet *p) {
    void *data = (void *)(long)skb->data;
    void *data_end = (void *)(long)skb->data_end;

    if (data + COAX_PARSE_BYTES > data_end && skb->len > (__u32)(data_end - data)) {
        __u32 wanted = skb->len < COAX_PARSE_BYTES ? skb->len : COAX_PARSE_BYTES;

        if (bpf_skb_pull_data(skb, wanted))
            return -COAX_DROP_MALFORMED;
        data = (void *)(long)skb->data;
        data_end = (void *)(long)skb->data_end;
    }
    if (data + sizeof(struct ethhdr) > data_end)
        return -COAX_DROP_MALFORMED;
    __builtin_memcpy(&p->eth, data, sizeof(p->eth));
    p->l3_offset = sizeof(struct ethhdr);
    if (p->eth.h_dest[0] & 1)
        p->flags |= PACKET_IS_GROUP;
    if (skb->vlan_present) {
        p->flags |= PACKET_HAS_TAG;
        p->tag_proto_be = skb->vlan_proto;
        p->tag_tci_be = bpf_htons(skb->vlan_tci);
    }
    return packet_parse_l3(skb, p);
}
