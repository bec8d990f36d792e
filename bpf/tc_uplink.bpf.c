/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * TC egress of an uplink: the last look at what leaves. Everything that is not the overlay's goes on to
 * the filters of others (TC_ACT_UNSPEC).
 */
#include "lib/finish.bpf.h"
#include "lib/uplink.bpf.h"

static __always_inline int uplink_send(struct __sk_buff *skb) {
    const struct coax_settings *settings = settings_get();
    struct uplink_packet packet = {};
    __u32 look = skb->len < COAX_UPLINK_LOOK_BYTES ? skb->len : COAX_UPLINK_LOOK_BYTES;
    int rc;

    if (!settings)
        return COAX_TC_NEXT;
    if ((void *)(long)skb->data + look > (void *)(long)skb->data_end &&
        bpf_skb_pull_data(skb, look))
        return -COAX_DROP_MALFORMED;
    if (!uplink_parse((void *)(long)skb->data, (void *)(long)skb->data_end, &packet))
        return COAX_TC_NEXT;
    rc = uplink_check(settings, &packet, UPLINK_SEND, skb->len);
    return rc ? rc : COAX_TC_NEXT;
}

SEC("tc")
int tc_uplink(struct __sk_buff *skb) {
    return tc_finish(skb, COAX_HOOK_TC_UPLINK, uplink_send(skb));
}

char LICENSE[] SEC("license") = "GPL";
