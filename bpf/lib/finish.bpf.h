/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The only place where a drop reason becomes a verdict. */
#pragma once

#include <linux/pkt_cls.h>

#include "lib/count.bpf.h"

/* rc: a TC verdict (>= 0; TC_ACT_UNSPEC is returned as COAX_TC_NEXT), or -COAX_DROP_x. */
#define COAX_TC_NEXT 100

static __always_inline int tc_finish(const struct __sk_buff *skb, enum coax_hook hook, int rc) {
    if (rc < 0) {
        count_drop(hook, -rc, skb->len);
        return TC_ACT_SHOT;
    }
    return rc == COAX_TC_NEXT ? TC_ACT_UNSPEC : rc;
}

static __always_inline int xdp_finish(enum coax_hook hook, int rc, __u64 bytes) {
    if (rc < 0) {
        count_drop(hook, -rc, bytes);
        return XDP_DROP;
    }
    return XDP_PASS;
}
