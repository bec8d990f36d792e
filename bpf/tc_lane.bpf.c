/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* TC ingress of a WireGuard device: what WireGuard has decrypted, VXLAN and control messages. Nothing
 * passes to the host's stack. */
#include "lib/control.bpf.h"
#include "lib/decap.bpf.h"
#include "lib/deliver.bpf.h"
#include "lib/ecn.bpf.h"
#include "lib/fdb.bpf.h"
#include "lib/finish.bpf.h"
#include "lib/flood.bpf.h"

struct lane_context {
    const struct coax_settings *settings;
    const struct coax_network *network;
    struct decap_frame frame;
};

/* Is the sender a node we know, and may it use this network? */
static __always_inline const struct coax_member *lane_member(const struct decap_frame *frame,
                                                             int *rc) {
    struct coax_member_key key = {.vtep_be = frame->source_be, .vni = frame->vni};
    const struct coax_member *member = bpf_map_lookup_elem(&coax_members, &key);

    if (!member)
        *rc = bpf_map_lookup_elem(&coax_nodes, &frame->source_be) ? -COAX_DROP_VNI_NOT_ALLOWED
                                                                  : -COAX_DROP_UNKNOWN_VTEP;
    return member;
}

static __always_inline int lane_admit(struct __sk_buff *skb, struct lane_context *c) {
    const struct coax_member *member;
    __u64 now_ns;
    int rc;

    c->settings = settings_get();
    if (!c->settings)
        return -COAX_DROP_NO_SETTINGS;
    rc = decap_parse(skb, c->settings, &c->frame);
    if (rc)
        return rc;
    member = lane_member(&c->frame, &rc);
    if (!member)
        return rc;
    c->network = bpf_map_lookup_elem(&coax_networks, &c->frame.vni);
    if (!c->network)
        return -COAX_DROP_NO_NETWORK;
    if (c->frame.eth.h_source[0] & 1)
        return -COAX_DROP_MALFORMED;
    now_ns = bpf_ktime_get_coarse_ns();
    count_node_rx(c->frame.source_be, skb->len, now_ns);
    return fdb_learn(c->frame.vni, c->network, c->frame.eth.h_source, c->frame.source_be,
                     member->lanes, now_ns);
}

static __always_inline int lane_open(struct __sk_buff *skb, struct lane_context *c) {
    int rc = decap_strip(skb, c->settings, &c->frame);

    if (rc)
        return rc;
    if (c->frame.ecn == COAX_ECN_CE)
        ecn_mark(skb, c->frame.eth.h_proto);
    count_event(COAX_COUNTER_DECAP, skb->len);
    return 0;
}

static __always_inline int lane_flood(struct __sk_buff *skb, struct lane_context *c) {
    int rc = lane_open(skb, c);

    if (rc)
        return rc;
    flood_local(skb, c->frame.vni, c->network, 0);
    return TC_ACT_STOLEN;
}

/* Only to local ports: what came through the tunnel never goes back into it. */
static __always_inline int lane_forward(struct __sk_buff *skb, struct lane_context *c) {
    const struct coax_fdb_entry *entry;
    struct coax_target target;
    int rc;

    if (c->frame.eth.h_dest[0] & 1)
        return lane_flood(skb, c);
    entry = fdb_lookup(c->frame.vni, c->frame.eth.h_dest);
    if (!entry || entry->target.kind == COAX_TARGET_NODE)
        return -COAX_DROP_DST_NOT_HERE;
    target = entry->target;
    rc = lane_open(skb, c);
    if (rc)
        return rc;
    return deliver(skb, &target, decap_peer_ok(c->settings, &c->frame));
}

SEC("tc")
int tc_lane(struct __sk_buff *skb) {
    struct lane_context c = {};
    int rc = lane_admit(skb, &c);

    if (!rc)
        rc = lane_forward(skb, &c);
    else if (rc == -COAX_DROP_NOT_VXLAN || rc == -COAX_DROP_MALFORMED)
        rc = control_receive(skb, rc);
    return tc_finish(skb, COAX_HOOK_TC_LANE, rc);
}

char LICENSE[] SEC("license") = "GPL";
