/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The guard on an uplink, the same in both directions: WireGuard must look like WireGuard, and nothing
 * that belongs to the overlay may be seen in clear. Works on packet pointers, so XDP and TC share it.
 */
#pragma once

#include <stdbool.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "lib/count.bpf.h"
#include "lib/neighbour.bpf.h"
#include "lib/path.bpf.h"
#include "lib/settings.bpf.h"
#include "lib/vxlan.bpf.h"
#include "lib/wg.bpf.h"

#define COAX_UPLINK_TAGS_MAX 2
#define COAX_UPLINK_EXTENSIONS_MAX 4
#define COAX_FRAGMENT_OFFSET 0x1fff
#define COAX_FRAGMENT_MORE 0x2000

/* Bytes of an uplink packet that the guard may look at (two tags, IPv6 with one extension, UDP, VXLAN). */
#define COAX_UPLINK_LOOK_BYTES 128

enum uplink_direction {
    UPLINK_RECEIVE = 0,
    UPLINK_SEND = 1,
};

struct uplink_packet {
    __be32 source_be[4]; /* IPv4 as ::ffff:a.b.c.d; of ARP the sender's */
    __be32 dest_be[4];   /* of ARP the target's */
    __be32 nd_target_be[4];
    bool ipv4;     /* ARP, too */
    bool nd;       /* neighbour discovery: nd_target_be is valid */
    bool fragment; /* any piece of a fragmented datagram */
    bool udp;      /* the fields below are valid */
    __be16 source_port_be;
    __be16 dest_port_be;
    __u16 message_bytes; /* UDP payload by its own length field */
    __be32 words_be[2];  /* first 8 bytes of the payload, 0 beyond its end */
};

struct uplink_tag {
    __be16 tci_be;
    __be16 proto_be;
};

struct uplink_extension {
    __u8 next;
    __u8 units; /* of 8 bytes, first not counted */
    __be16 fragment_be;
};

static __always_inline void uplink_parse_udp(void *cursor, void *data_end,
                                             struct uplink_packet *p) {
    struct udphdr *udp = cursor;
    __be32 *words = (__be32 *)(udp + 1);

    if ((void *)(udp + 1) > data_end)
        return;
    p->udp = true;
    p->source_port_be = udp->source;
    p->dest_port_be = udp->dest;
    if (bpf_ntohs(udp->len) >= sizeof(*udp))
        p->message_bytes = bpf_ntohs(udp->len) - sizeof(*udp);
    if ((void *)(words + 1) > data_end)
        return;
    p->words_be[0] = words[0];
    if ((void *)(words + 2) <= data_end)
        p->words_be[1] = words[1];
}

static __always_inline void uplink_set_ipv4(struct uplink_packet *p, __be32 source_be,
                                            __be32 dest_be) {
    p->ipv4 = true;
    p->source_be[2] = p->dest_be[2] = bpf_htonl(0xffff);
    p->source_be[3] = source_be;
    p->dest_be[3] = dest_be;
}

static __always_inline bool uplink_parse_arp(void *cursor, void *data_end,
                                             struct uplink_packet *p) {
    struct coax_arp *arp = cursor;
    __be32 sender_be, target_be;

    if ((void *)(arp + 1) > data_end || !arp_is_ipv4(arp))
        return false;
    __builtin_memcpy(&sender_be, arp->sender_ip, sizeof(sender_be));
    __builtin_memcpy(&target_be, arp->target_ip, sizeof(target_be));
    uplink_set_ipv4(p, sender_be, target_be);
    return true;
}

static __always_inline void uplink_parse_nd(void *cursor, void *data_end, struct uplink_packet *p) {
    struct coax_nd *nd = cursor;

    if ((void *)(nd + 1) > data_end ||
        (nd->type != COAX_ND_SOLICITATION && nd->type != COAX_ND_ADVERTISEMENT))
        return;
    p->nd = true;
    __builtin_memcpy(p->nd_target_be, nd->target_be, sizeof(p->nd_target_be));
}

static __always_inline bool uplink_parse_ipv4(void *cursor, void *data_end,
                                              struct uplink_packet *p) {
    struct iphdr *ip = cursor;
    __u16 fragment;

    if ((void *)(ip + 1) > data_end)
        return false;
    uplink_set_ipv4(p, ip->saddr, ip->daddr);
    fragment = bpf_ntohs(ip->frag_off);
    p->fragment = fragment & (COAX_FRAGMENT_MORE | COAX_FRAGMENT_OFFSET);
    if (ip->protocol == IPPROTO_UDP && !(fragment & COAX_FRAGMENT_OFFSET))
        uplink_parse_udp(cursor + ip->ihl * 4, data_end, p);
    return true;
}

/* Follows extension headers to UDP or neighbour discovery; a chain longer than the bound is neither to
 * anybody here. */
static __always_inline void uplink_parse_extensions(void *cursor, void *data_end, __u8 next,
                                                    struct uplink_packet *p) {
    int i;

    for (i = 0; i <= COAX_UPLINK_EXTENSIONS_MAX; i++) {
        struct uplink_extension *extension = cursor;

        if (next == IPPROTO_UDP) {
            uplink_parse_udp(cursor, data_end, p);
            return;
        }
        if (next == IPPROTO_ICMPV6) {
            uplink_parse_nd(cursor, data_end, p);
            return;
        }
        if ((void *)(extension + 1) > data_end)
            return;
        if (next == IPPROTO_FRAGMENT) {
            p->fragment = true;
            if (bpf_ntohs(extension->fragment_be) >> 3)
                return;
            cursor += 8;
        } else if (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS) {
            cursor += (extension->units + 1) * 8;
        } else {
            return;
        }
        next = extension->next;
    }
}

static __always_inline bool uplink_parse_ipv6(void *cursor, void *data_end,
                                              struct uplink_packet *p) {
    struct ipv6hdr *ip6 = cursor;

    if ((void *)(ip6 + 1) > data_end)
        return false;
    __builtin_memcpy(p->source_be, &ip6->saddr, sizeof(p->source_be));
    __builtin_memcpy(p->dest_be, &ip6->daddr, sizeof(p->dest_be));
    uplink_parse_extensions(ip6 + 1, data_end, ip6->nexthdr, p);
    return true;
}

/* False: neither IP nor ARP, nothing to guard. `p` is zeroed by the caller. */
static __always_inline bool uplink_parse(void *data, void *data_end, struct uplink_packet *p) {
    struct ethhdr *eth = data;
    void *cursor = eth + 1;
    __be16 proto_be;
    int i;

    if (cursor > data_end)
        return false;
    proto_be = eth->h_proto;
    for (i = 0; i < COAX_UPLINK_TAGS_MAX; i++) {
        struct uplink_tag *tag = cursor;

        if (proto_be != bpf_htons(ETH_P_8021Q) && proto_be != bpf_htons(ETH_P_8021AD))
            break;
        if ((void *)(tag + 1) > data_end)
            return false;
        proto_be = tag->proto_be;
        cursor = tag + 1;
    }
    if (proto_be == bpf_htons(ETH_P_IP))
        return uplink_parse_ipv4(cursor, data_end, p);
    if (proto_be == bpf_htons(ETH_P_IPV6))
        return uplink_parse_ipv6(cursor, data_end, p);
    if (proto_be == bpf_htons(ETH_P_ARP))
        return uplink_parse_arp(cursor, data_end, p);
    return false;
}

static __always_inline bool uplink_has_port(const __be16 *listen_port_be, __be16 port_be) {
    bool found = false;
    int i;

#pragma unroll
    for (i = 0; i < COAX_LANES_MAX; i++)
        found |= port_be && listen_port_be[i] == port_be;
    return found;
}

/* Of a lane of the first or of the second keys. */
static __always_inline bool uplink_is_listen_port(const struct coax_settings *settings,
                                                  __be16 port_be) {
    const struct coax_second *second = second_get();

    return uplink_has_port(settings->listen_port_be, port_be) ||
           (second && uplink_has_port(second->listen_port_be, port_be));
}

static __always_inline bool uplink_in_pool(const struct coax_settings *settings,
                                           __be32 address_be) {
    return (address_be & settings->vtep_mask_be) == settings->vtep_pool_be;
}

static __always_inline bool uplink_in_subnet(const __be32 *address) {
    struct coax_subnet_key key = {.prefix_bits = 128};

    __builtin_memcpy(key.addr, address, sizeof(key.addr));
    return bpf_map_lookup_elem(&coax_subnets, &key);
}

static __always_inline int uplink_check_vxlan(const struct coax_settings *settings,
                                              const struct uplink_packet *p) {
    __u32 vni = bpf_ntohl(p->words_be[1]) >> 8;

    if (settings->flags & COAX_SETTINGS_DROP_ALL_VXLAN || bpf_map_lookup_elem(&coax_networks, &vni))
        return -COAX_DROP_CLEAR_VXLAN;
    return 0;
}

/* A question for an address of the overlay, or an answer about one, tells as much as a packet would. */
static __always_inline int uplink_check_overlay(const struct coax_settings *settings,
                                                const struct uplink_packet *p) {
    if (p->ipv4 &&
        (uplink_in_pool(settings, p->source_be[3]) || uplink_in_pool(settings, p->dest_be[3])))
        return -COAX_DROP_CLEAR_OVERLAY;
    if (settings->flags & COAX_SETTINGS_GUARD_SUBNETS &&
        (uplink_in_subnet(p->dest_be) || uplink_in_subnet(p->source_be)))
        return -COAX_DROP_CLEAR_OVERLAY;
    if (p->nd && settings->flags & COAX_SETTINGS_GUARD_SUBNETS && uplink_in_subnet(p->nd_target_be))
        return -COAX_DROP_CLEAR_OVERLAY;
    return 0;
}

/* 0: not for the overlay or well-formed ciphertext, let it go on; else -COAX_DROP_x. */
static __always_inline int uplink_check(const struct coax_settings *settings,
                                        const struct uplink_packet *p,
                                        enum uplink_direction direction, __u32 bytes) {
    __be16 wg_port_be = direction == UPLINK_RECEIVE ? p->dest_port_be : p->source_port_be;

    if (p->udp && uplink_is_listen_port(settings, wg_port_be)) {
        if (!wg_shape_ok(p->words_be[0], p->message_bytes))
            return -COAX_DROP_WG_SHAPE;
        if (p->fragment)
            count_event(COAX_COUNTER_UPLINK_WG_FRAG, bytes);
        count_event(direction == UPLINK_RECEIVE ? COAX_COUNTER_UPLINK_WG_RX
                                                : COAX_COUNTER_UPLINK_WG_TX,
                    bytes);
        return 0;
    }
    if (p->udp && p->dest_port_be == settings->vxlan_port_be && uplink_check_vxlan(settings, p))
        return -COAX_DROP_CLEAR_VXLAN;
    return uplink_check_overlay(settings, p);
}
