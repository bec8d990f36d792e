/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Source guard of a port: it speaks only with its own MACs and, where configured, its own IPs. */
#pragma once

#include "lib/maps.bpf.h"
#include "lib/neighbour.bpf.h"
#include "lib/packet.bpf.h"

#define COAX_DHCP_CLIENT_PORT 68
#define COAX_DHCP_SERVER_PORT 67

static __always_inline bool guard_mac_equal(const __u8 *a, const __u8 *b) {
    return *(const __u16 *)a == *(const __u16 *)b &&
           *(const __u16 *)(a + 2) == *(const __u16 *)(b + 2) &&
           *(const __u16 *)(a + 4) == *(const __u16 *)(b + 4);
}

static __always_inline bool guard_owns_mac(const struct coax_port *port, __u32 ifindex,
                                           const __u8 *mac) {
    struct coax_guard_mac_key key = {.ifindex = ifindex};

    if (guard_mac_equal(port->mac, mac))
        return true;
    if (!(port->flags & COAX_PORT_MORE_MACS))
        return false;
    __builtin_memcpy(key.mac, mac, ETH_ALEN);
    return bpf_map_lookup_elem(&coax_guard_mac, &key);
}

static __always_inline bool guard_owns_ip(__u32 ifindex, const __be32 *address) {
    struct coax_guard_ip_key key = {.ifindex = ifindex};

    __builtin_memcpy(key.addr, address, sizeof(key.addr));
    return bpf_map_lookup_elem(&coax_guard_ip, &key);
}

/* fe80::/64 with the EUI-64 of the frame's own (already guarded) source MAC, RFC 4291 appendix A. */
static __always_inline bool guard_is_eui64(const __be32 *address, const __u8 *mac) {
    const __u8 *a = (const __u8 *)address;

    return address[0] == bpf_htonl(0xfe800000) && address[1] == 0 && a[8] == (mac[0] ^ 2) &&
           a[9] == mac[1] && a[10] == mac[2] && a[11] == 0xff && a[12] == 0xfe && a[13] == mac[3] &&
           a[14] == mac[4] && a[15] == mac[5];
}

static __always_inline int guard_ipv4(__u32 ifindex, const struct coax_packet *p) {
    if (guard_owns_ip(ifindex, p->source_be))
        return 0;
    if (p->source_be[3] == 0 && p->l4_protocol == IPPROTO_UDP &&
        p->source_port_be == bpf_htons(COAX_DHCP_CLIENT_PORT) &&
        p->dest_port_be == bpf_htons(COAX_DHCP_SERVER_PORT))
        return 0;
    return -COAX_DROP_SPOOFED_IP;
}

/* A neighbour advertisement may only announce addresses of the port (RFC 4861 section 4.4). */
static __always_inline int guard_advertisement(struct __sk_buff *skb, __u32 ifindex,
                                               const struct coax_packet *p) {
    __be32 target[4];
    __u8 type;

    /* More extension headers than we follow could hide an advertisement. */
    if (packet_is_ipv6_extension(p->l4_protocol) && !(p->flags & PACKET_IS_FRAGMENT))
        return -COAX_DROP_MALFORMED;
    if (p->l4_protocol != IPPROTO_ICMPV6 || !p->l4_offset)
        return 0;
    if (bpf_skb_load_bytes(skb, p->l4_offset, &type, sizeof(type)))
        return -COAX_DROP_MALFORMED;
    if (type != COAX_ND_ADVERTISEMENT)
        return 0;
    if (bpf_skb_load_bytes(skb, p->l4_offset + 8, target, sizeof(target)))
        return -COAX_DROP_MALFORMED;
    if (guard_owns_ip(ifindex, target) || guard_is_eui64(target, p->eth.h_source))
        return 0;
    return -COAX_DROP_SPOOFED_ARP;
}

static __always_inline int guard_ipv6(struct __sk_buff *skb, __u32 ifindex,
                                      const struct coax_packet *p) {
    bool unspecified = !(p->source_be[0] | p->source_be[1] | p->source_be[2] | p->source_be[3]);

    /* Duplicate address detection and multicast reports come from ::. */
    if (unspecified && p->l4_protocol == IPPROTO_ICMPV6)
        return guard_advertisement(skb, ifindex, p);
    if (!guard_owns_ip(ifindex, p->source_be) && !guard_is_eui64(p->source_be, p->eth.h_source))
        return -COAX_DROP_SPOOFED_IP;
    return guard_advertisement(skb, ifindex, p);
}

static __always_inline int guard_arp(struct __sk_buff *skb, const struct coax_port *port,
                                     __u32 ifindex) {
    __be32 sender[4] = {0, 0, bpf_htonl(0xffff), 0};
    struct coax_arp arp;

    if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &arp, sizeof(arp)))
        return -COAX_DROP_MALFORMED;
    if (!arp_is_ipv4(&arp))
        return -COAX_DROP_MALFORMED;
    if (!guard_owns_mac(port, ifindex, arp.sender_mac))
        return -COAX_DROP_SPOOFED_ARP;
    __builtin_memcpy(&sender[3], arp.sender_ip, 4);
    /* A probe (RFC 5227) has no sender address. */
    if (sender[3] && (port->flags & COAX_PORT_GUARD_IP) && !guard_owns_ip(ifindex, sender))
        return -COAX_DROP_SPOOFED_ARP;
    return 0;
}

/* 01:80:c2:00:00:0x: spanning tree, LACP, LLDP; a bridge keeps them (IEEE 802.1Q table 8-1). */
static __always_inline bool guard_is_reserved(const __u8 *mac) {
    return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0 && mac[4] == 0 &&
           (mac[5] & 0xf0) == 0;
}

static __always_inline int guard_check(struct __sk_buff *skb, const struct coax_port *port,
                                       const struct coax_packet *p) {
    __u32 ifindex = skb->ifindex;

    if (!guard_owns_mac(port, ifindex, p->eth.h_source))
        return -COAX_DROP_SPOOFED_MAC;
    if (guard_is_reserved(p->eth.h_dest))
        return -COAX_DROP_RESERVED_MAC;
    if (p->flags & PACKET_IS_ARP)
        return guard_arp(skb, port, ifindex);
    if (!(port->flags & COAX_PORT_GUARD_IP))
        return 0;
    if (p->flags & PACKET_IS_IPV4)
        return guard_ipv4(ifindex, p);
    if (p->flags & PACKET_IS_IPV6)
        return guard_ipv6(skb, ifindex, p);
    /* A tag left in the bytes (QinQ) could hide a forged IP source behind priority tags. */
    if (p->eth.h_proto == bpf_htons(ETH_P_8021Q) || p->eth.h_proto == bpf_htons(ETH_P_8021AD))
        return -COAX_DROP_SPOOFED_IP;
    return 0;
}
