/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * XDP on an uplink: the first look at what arrives. xdp.frags, so that it loads on jumbo NICs; all it
 * reads is in the first buffer. It never moves packet ends, so libxdp's dispatcher can chain it.
 */
#include <xdp/xdp_helpers.h>

#include "lib/finish.bpf.h"
#include "lib/uplink.bpf.h"

/* For libxdp's dispatcher: early, and the next program runs after XDP_PASS. */
struct {
    __uint(priority, 10);
    __uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdp_uplink);

static __always_inline int uplink_receive(void *data, void *data_end, __u64 bytes) {
    const struct coax_settings *settings = settings_get();
    struct uplink_packet packet = {};

    if (!settings || !uplink_parse(data, data_end, &packet))
        return 0;
    return uplink_check(settings, &packet, UPLINK_RECEIVE, bytes);
}

SEC("xdp.frags")
int xdp_uplink(struct xdp_md *ctx) {
    void *data = (void *)(long)ctx->data;
    void *data_end = (void *)(long)ctx->data_end;
    __u64 bytes = bpf_xdp_get_buff_len(ctx); /* all buffers of a jumbo frame */

    return xdp_finish(COAX_HOOK_XDP_UPLINK, uplink_receive(data, data_end, bytes), bytes);
}

char LICENSE[] SEC("license") = "GPL";
