/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* WireGuard messages as seen from outside (whitepaper section 5.4; kernel messages.h). */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#include <bpf/bpf_endian.h>

enum wg_message_type {
    WG_INITIATION = 1,
    WG_RESPONSE = 2,
    WG_COOKIE = 3,
    WG_DATA = 4,
};

#define WG_INITIATION_BYTES 148
#define WG_RESPONSE_BYTES 92
#define WG_COOKIE_BYTES 64
#define WG_DATA_MIN_BYTES 32 /* header 16, tag 16: a keepalive */

/* `word_be`: the first four bytes, type and three reserved bytes that must be zero. */
static __always_inline bool wg_shape_ok(__be32 word_be, __u32 message_bytes) {
    __u32 word = bpf_ntohl(word_be);

    if (word & 0xffffff)
        return false;
    switch (word >> 24) {
    case WG_INITIATION:
        return message_bytes == WG_INITIATION_BYTES;
    case WG_RESPONSE:
        return message_bytes == WG_RESPONSE_BYTES;
    case WG_COOKIE:
        return message_bytes == WG_COOKIE_BYTES;
    case WG_DATA:
        return message_bytes >= WG_DATA_MIN_BYTES;
    default:
        return false;
    }
}
