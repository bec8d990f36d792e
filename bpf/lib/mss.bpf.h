/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Lowers the MSS option of a TCP SYN to what the network carries (RFC 9293 section 3.7.1). */
#pragma once

#include "lib/packet.bpf.h"

#define COAX_TCP_OPTIONS_MAX 40
/* Options looked at; stacks put the MSS first. */
#define COAX_TCP_OPTIONS_WALKED 12
#define COAX_TCP_OPTION_END 0
#define COAX_TCP_OPTION_NOP 1
#define COAX_TCP_OPTION_MSS 2
#define COAX_TCP_OPTION_MSS_BYTES 4

/* Offset of the MSS value from the start of the options, or -1. */
static __always_inline int mss_find(const __u8 *options, __u32 bytes) {
    __u32 i = 0;
    int step;

    for (step = 0; step < COAX_TCP_OPTIONS_WALKED; step++) {
        __u8 kind, length;

        if (i + COAX_TCP_OPTION_MSS_BYTES > bytes || i > COAX_TCP_OPTIONS_MAX - 4)
            return -1;
        kind = options[i];
        if (kind == COAX_TCP_OPTION_END)
            return -1;
        if (kind == COAX_TCP_OPTION_NOP) {
            i++;
            continue;
        }
        length = options[i + 1];
        if (kind == COAX_TCP_OPTION_MSS)
            return length == COAX_TCP_OPTION_MSS_BYTES ? (int)i + 2 : -1;
        if (length < 2)
            return -1;
        i += length;
    }
    return -1;
}

/* Called for SYNs only: 1 when the option was lowered. A SYN without it, or with a broken one, is left
 * as it is. A global function: the verifier walks its loop once, and not per path that leads here. */
__noinline int mss_clamp(struct __sk_buff *skb, __u32 l4_offset, __u32 mss_max) {
    __u8 options[COAX_TCP_OPTIONS_MAX] = {};
    __be16 old_be, new_be = bpf_htons(mss_max);
    __u32 bytes, field;
    __u8 tcp_offset;
    int at;

    if (bpf_skb_load_bytes(skb, l4_offset + 12, &tcp_offset, sizeof(tcp_offset)))
        return 0;
    bytes = (tcp_offset >> 4) * 4 - sizeof(struct tcphdr);
    if (bytes < COAX_TCP_OPTION_MSS_BYTES || bytes > COAX_TCP_OPTIONS_MAX)
        return 0;
    if (bpf_skb_load_bytes(skb, l4_offset + sizeof(struct tcphdr), options, bytes))
        return 0;
    at = mss_find(options, bytes);
    if (at < 0 || at > COAX_TCP_OPTIONS_MAX - 2)
        return 0;
    old_be = options[at] | options[at + 1] << 8;
    if (bpf_ntohs(old_be) <= mss_max)
        return 0;
    field = l4_offset + sizeof(struct tcphdr) + at;
    if (bpf_skb_store_bytes(skb, field, &new_be, sizeof(new_be), 0))
        return 0;
    /* At an odd offset the value lies across two words of the sum, its bytes swapped. */
    if (at & 1) {
        old_be = __builtin_bswap16(old_be);
        new_be = __builtin_bswap16(new_be);
    }
    bpf_l4_csum_replace(skb, l4_offset + __builtin_offsetof(struct tcphdr, check), old_be, new_be,
                        sizeof(new_be));
    return 1;
}
