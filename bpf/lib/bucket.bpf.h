/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Token bucket of `per_second` packets with a burst of one second. Two CPUs may both see the last
 * token: it bounds a storm, it does not account.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include "coax/abi/tables.h"

#define COAX_NS_PER_SECOND 1000000000ULL
#define COAX_TOKENS_PER_PACKET 1000ULL

static __always_inline bool bucket_take(struct coax_bucket *bucket, __u32 per_second) {
    __u64 now_ns = bpf_ktime_get_ns();
    __u64 elapsed_ns = now_ns - bucket->last_ns;
    __u64 full = per_second * COAX_TOKENS_PER_PACKET;
    __u64 tokens;

    if (elapsed_ns >= COAX_NS_PER_SECOND)
        tokens = full;
    else
        tokens = bucket->tokens + elapsed_ns * per_second / (COAX_NS_PER_SECOND / 1000);
    if (tokens > full)
        tokens = full;
    bucket->last_ns = now_ns;
    if (tokens < COAX_TOKENS_PER_PACKET) {
        bucket->tokens = tokens;
        return false;
    }
    bucket->tokens = tokens - COAX_TOKENS_PER_PACKET;
    return true;
}
