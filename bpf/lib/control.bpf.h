/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Control messages, coax/abi/control.h: what came out of the tunnel and is not VXLAN. Echo requests
 * go back out of the lane they came from, so a node answers without its agent.
 */
#pragma once

#include <stdbool.h>

#include <linux/in.h>
#include <linux/pkt_cls.h>

#include "coax/abi/control.h"
#include "lib/bucket.bpf.h"
#include "lib/count.bpf.h"
#include "lib/decap.bpf.h"
#include "lib/path.bpf.h"
#include "lib/settings.bpf.h"
#include "lib/vxlan.bpf.h"

struct control_packet {
    __u32 align; /* of what follows the 28 bytes of IP and UDP */
    struct iphdr ip;
    struct udphdr udp;
    struct coax_control control;
};

_Static_assert(sizeof(struct control_packet) - sizeof(__u32) == COAX_CONTROL_BYTES,
               "size of a control message");

/* What is known of the sender. */
struct control_sender {
    __be32 vtep_be; /* its first address */
    const struct coax_node *node;
    struct coax_node_control *state;
};

/* Is it a datagram to the control port? */
static __always_inline bool control_is_ours(struct __sk_buff *skb) {
    struct {
        struct iphdr ip;
        struct udphdr udp;
    } head;

    return !bpf_skb_load_bytes(skb, coax_lane_l2_bytes, &head, sizeof(head)) &&
           head.ip.version == 4 && head.ip.ihl == 5 && head.ip.protocol == IPPROTO_UDP &&
           !(head.ip.frag_off & bpf_htons(0x3fff)) && head.udp.dest == bpf_htons(COAX_CONTROL_PORT);
}

/* Flags that a message of this type may have. */
static __always_inline bool control_flags_ok(const struct coax_control *control) {
    __u32 flags = bpf_ntohs(control->flags_be);

    if (!flags)
        return true;
    if (control->type == COAX_CONTROL_ECHO_REQUEST)
        return flags == COAX_CONTROL_PATH;
    return control->type == COAX_CONTROL_ECHO_REPLY &&
           (flags & ~COAX_PATH_FLAGS) == COAX_CONTROL_PATH;
}

/* Reads a message whose lengths agree, from a node we know, to us. Super-packets have no place here:
 * rewriting the first of several messages would send the others as they are. */
static __always_inline int control_read(struct __sk_buff *skb, struct control_packet *p,
                                        struct control_sender *sender) {
    const struct coax_settings *settings = settings_get();
    const struct coax_second *second = second_get();
    __u32 ip_bytes = skb->len - coax_lane_l2_bytes;

    if (!settings)
        return -COAX_DROP_NO_SETTINGS;
    if (bpf_skb_load_bytes(skb, coax_lane_l2_bytes, &p->ip, COAX_CONTROL_BYTES) || skb->gso_size ||
        bpf_ntohs(p->ip.tot_len) != ip_bytes || bpf_ntohs(p->udp.len) != ip_bytes - sizeof(p->ip))
        return -COAX_DROP_MALFORMED;
    if (path_first(p->ip.daddr, second) != settings->self_vtep_be)
        return -COAX_DROP_NOT_FOR_US;
    sender->vtep_be = path_first(p->ip.saddr, second);
    sender->node = bpf_map_lookup_elem(&coax_nodes, &sender->vtep_be);
    sender->state = bpf_map_lookup_elem(&coax_node_control, &sender->vtep_be);
    if (!sender->node || !sender->state)
        return -COAX_DROP_UNKNOWN_VTEP;
    if (p->control.magic_be != bpf_htonl(COAX_CONTROL_MAGIC) ||
        p->control.version != COAX_CONTROL_VERSION || !control_flags_ok(&p->control))
        return -COAX_DROP_CONTROL_UNKNOWN;
    return 0;
}

/* The same message, back between the same two addresses: only the headers are written anew. Without a
 * UDP checksum: WireGuard authenticates. skb->protocol is IPv4 already, as the lane demands. */
static __always_inline int control_answer(struct __sk_buff *skb, struct control_packet *p,
                                          const struct control_sender *sender) {
    __be32 from_be = p->ip.saddr;
    __be16 port_be = p->udp.source;

    if (!bucket_take(&sender->state->echo, COAX_ECHO_PER_SECOND))
        return -COAX_DROP_CONTROL_RATE;
    p->ip.tos = 0;
    p->ip.id = 0;
    p->ip.frag_off = bpf_htons(COAX_IP_DF);
    p->ip.ttl = COAX_OUTER_TTL;
    p->ip.saddr = p->ip.daddr;
    p->ip.daddr = from_be;
    p->ip.check = 0;
    p->ip.check = outer_ip_checksum(&p->ip);
    p->udp.source = p->udp.dest;
    p->udp.dest = port_be;
    p->udp.check = 0;
    p->control.type = COAX_CONTROL_ECHO_REPLY;
    if (p->control.flags_be)
        p->control.flags_be = bpf_htons(COAX_CONTROL_PATH | path_flags(sender->vtep_be));
    if (bpf_skb_store_bytes(skb, coax_lane_l2_bytes, &p->ip, COAX_CONTROL_BYTES, 0))
        return -COAX_DROP_ENCAP_FAILED;
    count_event(COAX_COUNTER_ECHO_ANSWERED, skb->len);
    return bpf_redirect(skb->ifindex, 0);
}

/* The path that the node says it sends to us by, in the answer to what we asked at `stamp`. */
static __always_inline void control_note_path(const struct control_packet *p,
                                              const struct control_sender *sender) {
    struct coax_path_report *report = bpf_map_lookup_elem(&coax_path_reports, &sender->vtep_be);

    if (!report)
        return;
    report->flags = bpf_ntohs(p->control.flags_be) & COAX_PATH_FLAGS;
    report->sent_ns = p->control.stamp;
}

/* A reply counts once, and only to the probe that was sent last. */
static __always_inline int control_returned(struct __sk_buff *skb, const struct control_packet *p,
                                            const struct control_sender *sender) {
    const struct coax_probe *probe = bpf_map_lookup_elem(&coax_probes, &sender->vtep_be);
    __u64 sequence = bpf_be64_to_cpu(p->control.sequence);
    struct coax_node_control *state = sender->state;
    __u64 now_ns = bpf_ktime_get_ns();

    if (!probe || !sequence || sequence != probe->sequence || p->control.stamp != probe->sent_ns ||
        sequence == state->answered || now_ns < probe->sent_ns)
        return -COAX_DROP_ECHO_STALE;
    state->rtt_ns = now_ns - p->control.stamp;
    state->answered = sequence;
    if (p->control.flags_be)
        control_note_path(p, sender);
    count_event(COAX_COUNTER_ECHO_RETURNED, skb->len);
    return TC_ACT_STOLEN;
}

/* The length is checked where it is used, less one: kernel 6.1 takes from `!= 0` no lower bound, and
 * clang 19 shows the bounds of another register than it passes ("invalid zero-sized read"). */
static __always_inline int control_copy_mail(struct __sk_buff *skb, __u32 offset,
                                             struct coax_mail_record *record) {
    __u32 last = skb->len - offset - 1;

    asm volatile("" : "+r"(last));
    if (last >= COAX_MAIL_BYTES_MAX || bpf_skb_load_bytes(skb, offset, record->bytes, last + 1))
        return -COAX_DROP_MALFORMED;
    record->bytes_count = last + 1;
    return 0;
}

static __always_inline int control_mail(struct __sk_buff *skb,
                                        const struct control_sender *sender) {
    __u32 offset = coax_lane_l2_bytes + COAX_CONTROL_BYTES;
    struct coax_mail_record *record;
    int rc;

    if (skb->len - offset - 1 >= COAX_MAIL_BYTES_MAX)
        return -COAX_DROP_MALFORMED;
    if (!bucket_take(&sender->state->mail, COAX_MAIL_PER_SECOND))
        return -COAX_DROP_CONTROL_RATE;
    record = bpf_ringbuf_reserve(&coax_mail, sizeof(*record), 0);
    if (!record)
        return -COAX_DROP_MAIL_FULL;
    record->node_id = sender->node->node_id;
    rc = control_copy_mail(skb, offset, record);
    if (rc) {
        bpf_ringbuf_discard(record, 0);
        return rc;
    }
    bpf_ringbuf_submit(record, 0);
    count_event(COAX_COUNTER_MAIL_RECEIVED, skb->len);
    return TC_ACT_STOLEN;
}

/*
 * `rc` is why the packet is not VXLAN, and stays the answer unless it came to the control port. A
 * function of its own: the path of a frame keeps its registers and its stack; and a global one:
 * verified once, not for every way in which a packet is not VXLAN.
 */
__noinline int control_receive(struct __sk_buff *skb, int rc) {
    struct control_sender sender;
    struct control_packet p;

    if (!control_is_ours(skb))
        return rc;
    rc = control_read(skb, &p, &sender);
    if (rc)
        return rc;
    count_node_seen(sender.vtep_be, bpf_ktime_get_coarse_ns());
    switch (p.control.type) {
    case COAX_CONTROL_ECHO_REQUEST:
        return control_answer(skb, &p, &sender);
    case COAX_CONTROL_ECHO_REPLY:
        return control_returned(skb, &p, &sender);
    case COAX_CONTROL_MAIL:
        return control_mail(skb, &sender);
    default:
        return -COAX_DROP_CONTROL_UNKNOWN;
    }
}
