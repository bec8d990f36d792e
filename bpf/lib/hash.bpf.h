/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Flow hash: multiply and fold, 32 bits. Ours and not skb->hash, because that one changes when TCP
 * re-hashes after a timeout, and a flow must stay on its lane.
 */
#pragma once

#include <linux/types.h>

#define COAX_HASH_MULTIPLIER 0x9e3779b97f4a7c15ULL

static __always_inline __u32 hash_mix(__u32 hash, __u64 value) {
    __u64 h = (value ^ ((__u64)hash << 17) ^ hash) * COAX_HASH_MULTIPLIER;

    h ^= h >> 29;
    h *= COAX_HASH_MULTIPLIER;
    return h >> 32;
}

static __always_inline __u32 hash_mac_pair(const __u8 *source, const __u8 *dest, __u16 type) {
    __u64 a = 0, b = 0;

    __builtin_memcpy(&a, source, 6);
    __builtin_memcpy(&b, dest, 6);
    return hash_mix(hash_mix(type, a), b);
}
