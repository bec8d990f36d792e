/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* VXLAN header, RFC 7348 section 5, and the whole outer header Coax puts in front of a frame. */
#pragma once

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#define COAX_VXLAN_FLAG_VNI 0x08000000 /* the I flag: the VNI field is valid */

struct coax_vxlan {
    __be32 flags_be;
    __be32 vni_be; /* VNI in the upper 24 bits */
};

/* What travels inside WireGuard in front of the inner Ethernet header. */
struct coax_outer {
    struct iphdr ip;
    struct udphdr udp;
    struct coax_vxlan vxlan;
};

#define COAX_OUTER_TTL 64
#define COAX_IP_DF 0x4000

_Static_assert(sizeof(struct coax_outer) + sizeof(struct ethhdr) == COAX_ENCAP_BYTES,
               "encapsulation overhead");

/* RFC 1071 sum of a header without options; ip->check must be 0. */
static __always_inline __sum16 outer_ip_checksum(const struct iphdr *ip) {
    const __u16 *words = (const __u16 *)ip;
    __u32 sum = 0;
    int i;

#pragma unroll
    for (i = 0; i < (int)sizeof(*ip) / 2; i++)
        sum += words[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}
