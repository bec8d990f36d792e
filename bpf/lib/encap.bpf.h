/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Inner frame -> VXLAN over IPv4, ready for a WireGuard device.
 *
 * IP frames: bpf_skb_adjust_room keeps GSO: one encapsulation per super-packet. The L2 length told to
 * it is that of the inner Ethernet header (14, or 18 with a tag): with the VXLAN header counted in,
 * software segmentation looks for the ethertype at the wrong place and drops everything (6.12, 6.18).
 *
 * All others: adjust_room refuses them (-ENOTSUPP), change_head takes them but leaves skb->protocol,
 * which WireGuard checks; they go through the hand-over device, whose ingress sets it anew.
 *
 * Headers are written by bpf_skb_store_bytes and not through packet pointers: direct writes make the
 * compiler-generated prologue unclone every TCP skb on entry.
 */
#pragma once

#include <stdbool.h>

#include "lib/count.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/path.bpf.h"
#include "lib/settings.bpf.h"
#include "lib/vxlan.bpf.h"

/* Tags a frame may carry: QinQ has two; the rest is for the curious. */
#define COAX_TAGS_MAX 4

struct coax_vlan_ethernet {
    __u8 dest[ETH_ALEN];
    __u8 source[ETH_ALEN];
    __be16 tag_proto_be;
    __be16 tag_tci_be;
    __be16 proto_be;
};

/* How a frame was encapsulated, and so how it must be sent. */
enum coax_encap_way {
    ENCAP_WAY_LANE = 0,     /* redirect to the WireGuard device */
    ENCAP_WAY_HANDOVER = 1, /* redirect to the hand-over device's ingress */
    ENCAP_WAY_REFUSED = 2,  /* adjust_room said no; the frame is as before */
};

static __always_inline void encap_outer(struct coax_outer *outer,
                                        const struct coax_settings *settings,
                                        const struct coax_packet *p, __u32 vni,
                                        const struct path_send *path, __u32 ip_bytes) {
    __builtin_memset(outer, 0, sizeof(*outer));
    outer->ip.version = 4;
    outer->ip.ihl = 5;
    outer->ip.tos = p->ecn;
    outer->ip.tot_len = bpf_htons(ip_bytes);
    outer->ip.frag_off = bpf_htons(COAX_IP_DF);
    outer->ip.ttl = COAX_OUTER_TTL;
    outer->ip.protocol = IPPROTO_UDP;
    outer->ip.saddr = path->source_be;
    outer->ip.daddr = path->dest_be;
    outer->ip.check = outer_ip_checksum(&outer->ip);
    outer->udp.source = bpf_htons(COAX_SPORT_BASE + (p->flow_hash & COAX_SPORT_MASK));
    outer->udp.dest = settings->vxlan_port_be;
    outer->udp.len = bpf_htons(ip_bytes - sizeof(outer->ip));
    outer->vxlan.flags_be = bpf_htonl(COAX_VXLAN_FLAG_VNI);
    outer->vxlan.vni_be = bpf_htonl(vni << 8);
}

/* Makes room of 50 (54 with a tag) bytes and writes everything after the outer Ethernet header. */
static __always_inline int encap_ip(struct __sk_buff *skb, const struct coax_settings *settings,
                                    const struct coax_packet *p, __u32 vni,
                                    const struct path_send *path) {
    struct {
        struct coax_outer outer;
        struct coax_vlan_ethernet eth;
    } head;
    bool tagged = p->flags & PACKET_HAS_TAG;
    __u32 eth_bytes = tagged ? sizeof(head.eth) : sizeof(struct ethhdr);
    __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 |
                  BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
                  BPF_F_ADJ_ROOM_ENCAP_L2(eth_bytes);

    if (tagged && bpf_skb_vlan_pop(skb))
        return -COAX_DROP_ENCAP_FAILED;
    if (bpf_skb_adjust_room(skb, sizeof(head.outer) + eth_bytes, BPF_ADJ_ROOM_MAC, flags))
        return ENCAP_WAY_REFUSED;
    encap_outer(&head.outer, settings, p, vni, path, skb->len - sizeof(struct ethhdr));
    __builtin_memcpy(head.eth.dest, p->eth.h_dest, ETH_ALEN);
    __builtin_memcpy(head.eth.source, p->eth.h_source, ETH_ALEN);
    head.eth.tag_proto_be = tagged ? p->tag_proto_be : p->eth.h_proto;
    head.eth.tag_tci_be = p->tag_tci_be;
    head.eth.proto_be = p->eth.h_proto;
    if (tagged) {
        if (bpf_skb_store_bytes(skb, sizeof(struct ethhdr), &head,
                                COAX_ENCAP_BYTES + COAX_VLAN_BYTES, 0))
            return -COAX_DROP_ENCAP_FAILED;
        return ENCAP_WAY_LANE;
    }
    if (bpf_skb_store_bytes(skb, sizeof(struct ethhdr), &head, COAX_ENCAP_BYTES, 0))
        return -COAX_DROP_ENCAP_FAILED;
    return ENCAP_WAY_LANE;
}

/* A frame's VLAN tags, outermost first. */
struct encap_tags {
    struct {
        __be16 proto_be;
        __be16 tci_be;
    } tag[COAX_TAGS_MAX];
    int count;
};

/*
 * Takes all tags off the frame. The kernel keeps the outermost in the metadata and, when that is
 * popped, moves the next one there out of the bytes: left in the metadata, it would be put into the
 * outer headers. encap_ip may have popped the first one already.
 */
static __always_inline int encap_take_tags(struct __sk_buff *skb, const struct coax_packet *p,
                                           struct encap_tags *tags) {
    if (!(p->flags & PACKET_HAS_TAG))
        return 0;
    tags->tag[0].proto_be = p->tag_proto_be;
    tags->tag[0].tci_be = p->tag_tci_be;
    tags->count = 1;
    if (skb->vlan_present && bpf_skb_vlan_pop(skb))
        return -COAX_DROP_ENCAP_FAILED;
    for (int i = 1; i < COAX_TAGS_MAX && skb->vlan_present; i++) {
        tags->tag[i].proto_be = skb->vlan_proto;
        tags->tag[i].tci_be = bpf_htons(skb->vlan_tci);
        tags->count = i + 1;
        if (bpf_skb_vlan_pop(skb))
            return -COAX_DROP_ENCAP_FAILED;
    }
    return skb->vlan_present ? -COAX_DROP_MALFORMED : 0;
}

/* Writes the tags into the room made for them, behind the inner MAC addresses. */
static __always_inline int encap_put_tags(struct __sk_buff *skb, const struct coax_packet *p,
                                          const struct encap_tags *tags) {
    __u32 offset = COAX_ENCAP_BYTES + 2 * ETH_ALEN;

    if (!tags->count)
        return 0;
    if (bpf_skb_store_bytes(skb, COAX_ENCAP_BYTES, p->eth.h_dest, 2 * ETH_ALEN, 0))
        return -COAX_DROP_ENCAP_FAILED;
    for (int i = 0; i < COAX_TAGS_MAX && i < tags->count; i++) {
        if (bpf_skb_store_bytes(skb, offset + i * COAX_VLAN_BYTES, &tags->tag[i], COAX_VLAN_BYTES,
                                0))
            return -COAX_DROP_ENCAP_FAILED;
    }
    return 0;
}

static __always_inline int encap_other(struct __sk_buff *skb, const struct coax_settings *settings,
                                       const struct coax_packet *p, __u32 vni,
                                       const struct path_send *path) {
    struct {
        __u8 align[2];
        struct ethhdr eth;
        struct coax_outer outer;
    } head = {};
    struct encap_tags tags = {};
    int rc = encap_take_tags(skb, p, &tags);

    if (rc)
        return rc;
    if (skb->len < COAX_RUNT_BYTES && bpf_skb_change_tail(skb, COAX_ETH_MIN_BYTES, 0))
        return -COAX_DROP_ENCAP_FAILED;
    if (bpf_skb_change_head(skb, COAX_ENCAP_BYTES + tags.count * COAX_VLAN_BYTES, 0))
        return -COAX_DROP_ENCAP_FAILED;
    rc = encap_put_tags(skb, p, &tags);
    if (rc)
        return rc;
    head.eth.h_proto = bpf_htons(ETH_P_IP);
    encap_outer(&head.outer, settings, p, vni, path, skb->len - sizeof(struct ethhdr));
    if (bpf_skb_store_bytes(skb, 0, &head.eth, COAX_ENCAP_BYTES, 0))
        return -COAX_DROP_ENCAP_FAILED;
    return ENCAP_WAY_HANDOVER;
}

/*
 * Encapsulates towards `path`: an enum coax_encap_way, or -COAX_DROP_x. adjust_room also refuses an
 * IP frame that is a tunnel already (skb->encapsulation, -EALREADY); without GSO it can go like any
 * other frame.
 */
static __always_inline int encap(struct __sk_buff *skb, const struct coax_settings *settings,
                                 const struct coax_packet *p, __u32 vni,
                                 const struct path_send *path) {
    if (p->flags & (PACKET_IS_IPV4 | PACKET_IS_IPV6)) {
        int rc = encap_ip(skb, settings, p, vni, path);

        if (rc == ENCAP_WAY_LANE && skb->gso_size)
            count_event(COAX_COUNTER_ENCAP_GSO, skb->len);
        if (rc != ENCAP_WAY_REFUSED)
            return rc;
        if (skb->gso_size)
            return -COAX_DROP_ENCAP_FAILED;
    }
    return encap_other(skb, settings, p, vni, path);
}
