// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
// Events that are not drops: X(NAME, label, text). New ones go to the end.
#pragma once

// clang-format off
#define COAX_COUNTERS(X)                                                                            \
    X(ENCAP,            "encap",            "frames encapsulated towards a remote node")             \
    X(ENCAP_GSO,        "encap_gso",        "super-packets (GSO) encapsulated without splitting")    \
    X(ENCAP_HANDOVER,   "encap_handover",   "non-IP frames sent through the hand-over device")       \
    X(DECAP,            "decap",            "frames decapsulated from a remote node")                \
    X(LOCAL_SWITCHED,   "local_switched",   "frames switched between two ports of this node")        \
    X(FLOODED,          "flooded",          "frames replicated to the network's members")            \
    X(FLOOD_COPIES,     "flood_copies",     "copies made for flooded frames")                        \
    X(FDB_LEARNED,      "fdb_learned",      "MAC addresses learned")                                 \
    X(FDB_MOVED,        "fdb_moved",        "learned MAC addresses that moved to another node")      \
    X(FDB_NOT_LEARNED,  "fdb_not_learned",  "MAC addresses not learned: table or network limit full") \
    X(MSS_CLAMPED,      "mss_clamped",      "TCP SYNs whose MSS was lowered to fit the network's MTU") \
    X(TOO_BIG_SENT,     "too_big_sent",     "ICMP fragmentation-needed / ICMPv6 too-big answers sent") \
    X(UPLINK_WG_RX,     "uplink_wg_rx",     "well-formed WireGuard packets received on an uplink")   \
    X(UPLINK_WG_TX,     "uplink_wg_tx",     "WireGuard packets sent on an uplink")                   \
    X(UPLINK_WG_FRAG,   "uplink_wg_frag",   "fragmented WireGuard packets: the underlay MTU is wrong") \
    X(ECHO_ANSWERED,    "echo_answered",    "echo requests of other nodes answered by the data path") \
    X(ECHO_RETURNED,    "echo_returned",    "echo replies to this node's own probes")                \
    X(MAIL_RECEIVED,    "mail_received",    "mail of other agents handed to coaxd")
// clang-format on

enum coax_counter {
#define COAX_COUNTER_ENUM(name, label, text) COAX_COUNTER_##name,
    COAX_COUNTERS(COAX_COUNTER_ENUM)
#undef COAX_COUNTER_ENUM
        COAX_COUNTERS_COUNT,
};

// Entries of coax_counters: room for more, so that its size stays.
#define COAX_COUNTERS_MAX 64
#ifdef __cplusplus
static_assert(COAX_COUNTERS_COUNT <= COAX_COUNTERS_MAX, "coax_counters has no room");
#else
_Static_assert(COAX_COUNTERS_COUNT <= COAX_COUNTERS_MAX, "coax_counters has no room");
#endif
