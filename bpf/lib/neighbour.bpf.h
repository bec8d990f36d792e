/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Address resolution on Ethernet: ARP (RFC 826), neighbour discovery (RFC 4861 sections 4.3, 4.4). */
#pragma once

#include <stdbool.h>

#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>

#define COAX_ARP_ETHERNET 1
#define COAX_ND_SOLICITATION 135
#define COAX_ND_ADVERTISEMENT 136

/* ARP for Ethernet and IPv4. */
struct coax_arp {
    __be16 hardware_be;
    __be16 protocol_be;
    __u8 hardware_bytes;
    __u8 protocol_bytes;
    __be16 operation_be;
    __u8 sender_mac[ETH_ALEN];
    __u8 sender_ip[4];
    __u8 target_mac[ETH_ALEN];
    __u8 target_ip[4];
} __attribute__((packed));

/* A solicitation or an advertisement, without its options. */
struct coax_nd {
    __u8 type; /* of ICMPv6 */
    __u8 code;
    __u16 checksum_be;
    __u32 flags_be;
    __be32 target_be[4];
};

/* False: of another kind of address than the struct describes. */
static __always_inline bool arp_is_ipv4(const struct coax_arp *arp) {
    return arp->hardware_be == bpf_htons(COAX_ARP_ETHERNET) &&
           arp->protocol_be == bpf_htons(ETH_P_IP) && arp->hardware_bytes == ETH_ALEN &&
           arp->protocol_bytes == 4;
}
