/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * VXLAN from a WireGuard device -> inner frame.
 *
 * The device has no link-layer header: 50 bytes go (outer IP, UDP, VXLAN, inner Ethernet), then 14
 * come back in front for the inner Ethernet header. skb->protocol stays the outer family, see
 * decap_peer_ok(). The checksum state is kept (NO_CSUM_RESET): WireGuard has authenticated every byte.
 */
#pragma once

#include <stdbool.h>

#include <linux/in.h>
#include <linux/ipv6.h>

#include "lib/count.bpf.h"
#include "lib/path.bpf.h"
#include "lib/settings.bpf.h"
#include "lib/vxlan.bpf.h"

/* Bytes of link-layer header that the lane device has: 0 for WireGuard and tun. */
const volatile __u32 coax_lane_l2_bytes = 0;

/* From kernel 6.3 on; libbpf 1.1 of Debian 12 has no name for it. */
#define COAX_ADJ_ROOM_DECAP_L3_IPV6 (1ULL << 8)
/* adjust_room leaves at least a minimal IPv4 header behind (bpf_skb_net_shrink). */
#define COAX_DECAP_REST_MIN 20

struct decap_frame {
    struct ethhdr eth; /* inner */
    __u32 vni;
    __be32 source_be; /* VTEP of the sender, whichever of its addresses is in the outer header */
    __u8 ecn;         /* outer */
    __u8 l4_if_ipv4;  /* inner protocol, were the frame IPv4 */
    __u8 l4_if_ipv6;  /* inner next header, were the frame IPv6 */
};

struct decap_bytes {
    struct coax_outer outer;
    struct ethhdr eth;
    __u8 l3[10]; /* of COAX_DECAP_REST_MIN: up to the IPv4 protocol */
};

static __always_inline int decap_check_outer(const struct coax_settings *settings,
                                             const struct coax_second *second,
                                             const struct decap_bytes *bytes, __u32 ip_bytes) {
    const struct iphdr *ip = &bytes->outer.ip;

    if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP ||
        ip->frag_off & bpf_htons(0x3fff) || bytes->outer.udp.dest != settings->vxlan_port_be)
        return -COAX_DROP_NOT_VXLAN;
    if (path_first(ip->daddr, second) != settings->self_vtep_be)
        return -COAX_DROP_NOT_FOR_US;
    if (!(bytes->outer.vxlan.flags_be & bpf_htonl(COAX_VXLAN_FLAG_VNI)))
        return -COAX_DROP_NOT_VXLAN;
    if (bpf_ntohs(ip->tot_len) != ip_bytes ||
        bpf_ntohs(bytes->outer.udp.len) != ip_bytes - sizeof(*ip))
        return -COAX_DROP_MALFORMED;
    return 0;
}

/* Reads and checks the outer headers without changing the skb. */
static __always_inline int decap_parse(struct __sk_buff *skb, const struct coax_settings *settings,
                                       struct decap_frame *frame) {
    __u32 l2 = coax_lane_l2_bytes, ip_bytes = skb->len - l2;
    const struct coax_second *second = second_get();
    struct decap_bytes bytes;
    int rc;

    if (skb->len < l2 + COAX_ENCAP_BYTES + COAX_DECAP_REST_MIN)
        return skb->len < l2 + COAX_ENCAP_BYTES ? -COAX_DROP_NOT_VXLAN : -COAX_DROP_MALFORMED;
    if (bpf_skb_load_bytes(skb, l2, &bytes, sizeof(bytes)))
        return -COAX_DROP_MALFORMED;
    rc = decap_check_outer(settings, second, &bytes, ip_bytes);
    if (rc)
        return rc;
    /* With DECAP_L3_IPV6 adjust_room leaves at least a header of that family behind. */
    if (bytes.eth.h_proto == bpf_htons(ETH_P_IPV6) &&
        skb->len < l2 + COAX_ENCAP_BYTES + sizeof(struct ipv6hdr))
        return -COAX_DROP_MALFORMED;
    frame->eth = bytes.eth;
    frame->vni = bpf_ntohl(bytes.outer.vxlan.vni_be) >> 8;
    frame->source_be = path_first(bytes.outer.ip.saddr, second);
    frame->ecn = bytes.outer.ip.tos & 3;
    frame->l4_if_ipv4 = bytes.l3[__builtin_offsetof(struct iphdr, protocol)];
    frame->l4_if_ipv6 = bytes.l3[__builtin_offsetof(struct ipv6hdr, nexthdr)];
    return 0;
}

static __always_inline int decap_strip(struct __sk_buff *skb, const struct coax_settings *settings,
                                       const struct decap_frame *frame) {
    __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET;

    if (settings->flags & COAX_SETTINGS_DECAP_L3 && frame->eth.h_proto == bpf_htons(ETH_P_IPV6))
        flags |= COAX_ADJ_ROOM_DECAP_L3_IPV6;
    if (bpf_skb_adjust_room(skb, -COAX_ENCAP_BYTES, BPF_ADJ_ROOM_MAC, flags))
        return -COAX_DROP_DECAP_FAILED;
    if (!coax_lane_l2_bytes && bpf_skb_change_head(skb, sizeof(struct ethhdr), 0))
        return -COAX_DROP_DECAP_FAILED;
    if (bpf_skb_store_bytes(skb, 0, &frame->eth, sizeof(frame->eth), 0))
        return -COAX_DROP_DECAP_FAILED;
    return 0;
}

/*
 * Should the frame go by bpf_redirect_peer? Not where skb->protocol is another family than the frame's
 * now, and not where the user's end merges segments (GRO): that needs the way through the veth's NAPI.
 */
static __always_inline bool decap_peer_ok(const struct coax_settings *settings,
                                          const struct decap_frame *frame) {
    if (frame->eth.h_proto == bpf_htons(ETH_P_IP))
        return frame->l4_if_ipv4 != IPPROTO_TCP;
    return frame->eth.h_proto == bpf_htons(ETH_P_IPV6) && frame->l4_if_ipv6 != IPPROTO_TCP &&
           settings->flags & COAX_SETTINGS_DECAP_L3;
}
