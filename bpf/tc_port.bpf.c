/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* TC ingress of a port's interface on the agent's side: what a container or the host sends. */
#include "lib/deliver.bpf.h"
#include "lib/encap.bpf.h"
#include "lib/fdb.bpf.h"
#include "lib/finish.bpf.h"
#include "lib/flood.bpf.h"
#include "lib/guard.bpf.h"
#include "lib/mss.bpf.h"
#include "lib/mtu.bpf.h"
#include "lib/too_big.bpf.h"

/* What every stage of this program needs to know. */
struct port_context {
    const struct coax_settings *settings;
    const struct coax_network *network;
    __u32 vni;
    struct coax_packet packet;
};

static __always_inline int port_admit(struct __sk_buff *skb, struct port_context *c) {
    __u32 ifindex = skb->ifindex;
    const struct coax_port *port = bpf_map_lookup_elem(&coax_ports, &ifindex);
    int rc;

    if (!port)
        return -COAX_DROP_NO_PORT;
    c->settings = settings_get();
    if (!c->settings)
        return -COAX_DROP_NO_SETTINGS;
    c->vni = port->vni;
    c->network = bpf_map_lookup_elem(&coax_networks, &c->vni);
    if (!c->network)
        return -COAX_DROP_NO_NETWORK;
    rc = packet_parse(skb, &c->packet);
    if (rc)
        return rc;
    count_port_rx(ifindex, skb->len);
    return guard_check(skb, port, &c->packet);
}

/* IP towards other nodes: SYNs learn the MTU, what does not fit is answered. 0: go on; > 0: verdict. */
static __always_inline int port_fit(struct __sk_buff *skb, struct port_context *c) {
    __u32 mtu = mtu_of_frame(c->network->mtu, &c->packet);
    int rc;

    if (c->packet.flags & PACKET_IS_TCP_SYN) {
        __u32 headers = c->packet.flags & PACKET_IS_IPV6
                            ? sizeof(struct ipv6hdr) + sizeof(struct tcphdr)
                            : sizeof(struct iphdr) + sizeof(struct tcphdr);

        if (mss_clamp(skb, c->packet.l4_offset, mtu - headers))
            count_event(COAX_COUNTER_MSS_CLAMPED, skb->len);
    }
    if (mtu_fits(skb, &c->packet, mtu))
        return 0;
    rc = too_big_answer(skb, &c->packet, mtu);
    return rc ? rc : bpf_redirect(skb->ifindex, 0);
}

static __always_inline int port_send_remote(struct __sk_buff *skb, struct port_context *c,
                                            const struct coax_target *target) {
    __be32 vtep_be = target->vtep_be;
    struct path_send path = path_to(c->settings, vtep_be, c->packet.flow_hash, target->lanes);
    int rc;

    if (!path.lane_ifindex)
        return -COAX_DROP_NO_LANE;
    rc = port_fit(skb, c);
    if (rc)
        return rc;
    rc = encap(skb, c->settings, &c->packet, c->vni, &path);
    if (rc < 0)
        return rc;
    count_node_tx(vtep_be, skb->len);
    count_event(COAX_COUNTER_ENCAP, skb->len);
    if (rc == ENCAP_WAY_LANE)
        return bpf_redirect(path.lane_ifindex, 0);
    count_event(COAX_COUNTER_ENCAP_HANDOVER, skb->len);
    return bpf_redirect(c->settings->handover_ifindex, BPF_F_INGRESS);
}

/* May this port flood this frame now? */
static __always_inline int port_flood_admit(struct __sk_buff *skb, struct port_context *c,
                                            int reason) {
    __u32 ifindex = skb->ifindex;
    struct coax_port_state *state = bpf_map_lookup_elem(&coax_port_state, &ifindex);

    if (!(c->network->flags & COAX_NETWORK_FLOOD))
        return -reason;
    if (!state || !bucket_take(&state->flood, c->network->flood_pps))
        return -COAX_DROP_FLOOD_RATE;
    if (!mtu_fits(skb, &c->packet, mtu_of_frame(c->network->mtu, &c->packet)))
        return -COAX_DROP_TOO_BIG;
    return 0;
}

static __always_inline int port_flood(struct __sk_buff *skb, struct port_context *c, int reason) {
    struct path_send nowhere = {.source_be = c->settings->self_vtep_be};
    __u32 bytes = skb->len, copies;
    int rc = port_flood_admit(skb, c, reason);

    if (rc)
        return rc;
    count_event(COAX_COUNTER_FLOODED, bytes);
    copies = flood_local(skb, c->vni, c->network, skb->ifindex);
    count_events(COAX_COUNTER_FLOOD_COPIES, copies, (__u64)copies * bytes);
    if (!c->network->remote_targets)
        return TC_ACT_STOLEN;
    rc = encap(skb, c->settings, &c->packet, c->vni, &nowhere);
    if (rc < 0)
        return rc;
    if (rc == ENCAP_WAY_HANDOVER)
        return bpf_redirect(c->settings->handover_ifindex, BPF_F_INGRESS);
    copies =
        flood_remote(skb, c->settings, c->vni, c->network, nowhere.source_be, c->packet.flow_hash);
    count_events(COAX_COUNTER_FLOOD_COPIES, copies, (__u64)copies * skb->len);
    return TC_ACT_STOLEN;
}

static __always_inline int port_forward(struct __sk_buff *skb, struct port_context *c) {
    const struct coax_fdb_entry *entry;

    if (c->packet.flags & PACKET_IS_GROUP)
        return port_flood(skb, c, COAX_DROP_NO_FLOOD);
    entry = fdb_lookup(c->vni, c->packet.eth.h_dest);
    if (!entry)
        return port_flood(skb, c, COAX_DROP_UNKNOWN_UNICAST);
    if (entry->target.kind == COAX_TARGET_NODE)
        return port_send_remote(skb, c, &entry->target);
    if (entry->target.ifindex == skb->ifindex)
        return -COAX_DROP_DST_NOT_HERE;
    count_event(COAX_COUNTER_LOCAL_SWITCHED, skb->len);
    return deliver(skb, &entry->target, true);
}

SEC("tc")
int tc_port(struct __sk_buff *skb) {
    struct port_context c = {};
    int rc = port_admit(skb, &c);

    if (!rc)
        rc = port_forward(skb, &c);
    return tc_finish(skb, COAX_HOOK_TC_PORT, rc);
}

char LICENSE[] SEC("license") = "GPL";
