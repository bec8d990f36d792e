// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
// The one list of drop reasons: X(NAME, label, text). The label is the metric label and the word in
// `coax drops`; the text tells the operator what it means and what to do. New ones go to the end.
#pragma once

// clang-format off
#define COAX_DROP_REASONS(X)                                                                                                                        \
    X(NONE,                "none",                "not dropped")                                                                                    \
    X(MALFORMED,           "malformed",           "frame too short or with inconsistent lengths; look at the sender's driver")                       \
    X(NO_PORT,             "no_port",             "the interface is not a Coax port (being created or removed); reload the agent if it persists")     \
    X(NO_NETWORK,          "no_network",          "the VNI is not configured on this node; compare [[network]] on both nodes")                        \
    X(NO_SETTINGS,         "no_settings",         "the data path has no settings yet; is coaxd running?")                                             \
    X(SPOOFED_MAC,         "spoofed_mac",         "source MAC is not one of this port's; add it to the port's macs if it is legitimate")              \
    X(SPOOFED_IP,          "spoofed_ip",          "source IP is not one of this port's; add it to the port's addresses or guard_ips")                 \
    X(SPOOFED_ARP,         "spoofed_arp",         "ARP or ND announces an address that is not this port's")                                          \
    X(RESERVED_MAC,        "reserved_mac",        "link-local control frame (01:80:c2:00:00:0x); a bridge would not forward it either")               \
    X(UNKNOWN_UNICAST,     "unknown_unicast",     "destination MAC unknown and flood = \"none\" on this network")                                     \
    X(NO_FLOOD,            "no_flood",            "broadcast or multicast and flood = \"none\" on this network")                                      \
    X(FLOOD_RATE,          "flood_rate",          "port exceeded its flood rate; raise flood_pps or find the broadcast storm")                        \
    X(TOO_BIG,             "too_big",             "frame exceeds the network's MTU; the sender was told by ICMP where it is IP")                      \
    X(NO_LANE,             "no_lane",             "no WireGuard device for the destination node's lane; see coax status")                             \
    X(ENCAP_FAILED,        "encap_failed",        "kernel refused to make room for the outer headers (memory or headroom)")                           \
    X(DECAP_FAILED,        "decap_failed",        "kernel refused to strip the outer headers")                                                        \
    X(NOT_VXLAN,           "not_vxlan",           "packet inside the tunnel is not Coax VXLAN; something else uses the WireGuard device")             \
    X(NOT_FOR_US,          "not_for_us",          "outer destination is not this node's VTEP; node ids differ between config files")                  \
    X(UNKNOWN_VTEP,        "unknown_vtep",        "outer source is not the VTEP of a known node; compare node ids and vtep_pool")                     \
    X(VNI_NOT_ALLOWED,     "vni_not_allowed",     "the sending node is not a member of this network; add it to members or find out why it sends")      \
    X(SRC_MAC_LOCAL,       "src_mac_local",       "a remote frame claims a MAC that a local port owns: duplicate MAC or an attack")                   \
    X(SRC_MAC_STATIC,      "src_mac_static",      "a remote frame claims a MAC that is pinned to another node")                                       \
    X(DST_NOT_HERE,        "dst_not_here",        "no endpoint with this MAC on this node (flooded by a sender that does not know it yet)")           \
    X(CLEAR_VXLAN,         "clear_vxlan",         "unencrypted VXLAN on an uplink: injection, or a vxlan device on the overlay's port")               \
    X(CLEAR_OVERLAY,       "clear_overlay",       "unencrypted packet with an overlay address on an uplink: a leak stopped, or an injection")          \
    X(WG_SHAPE,            "wg_shape",            "packet to a WireGuard port with a wrong type or length: a scan, or not WireGuard")                 \
    X(WG_SOURCE,           "wg_source",           "WireGuard rejected a decrypted packet: the peer used a source address that is not its VTEP")        \
    X(HANDOVER_UNEXPECTED, "handover_unexpected", "unexpected packet on the hand-over device; something else sends into it")    \
    X(CONTROL_UNKNOWN,     "control_unknown",     "message on the control port of a form not known here; do the nodes run different releases?")        \
    X(CONTROL_RATE,        "control_rate",        "a node sends more echo requests or mail than it may; find out why, it may be hostile")              \
    X(ECHO_STALE,          "echo_stale",          "echo reply to nothing that was asked: it came after the next probe, twice, or is made up")          \
    X(MAIL_FULL,           "mail_full",           "mail from another agent that coaxd did not take in time; is coaxd running?")
// clang-format on

enum coax_drop_reason {
#define COAX_DROP_ENUM(name, label, text) COAX_DROP_##name,
    COAX_DROP_REASONS(COAX_DROP_ENUM)
#undef COAX_DROP_ENUM
        COAX_DROP_REASONS_COUNT,
};

// Where a frame was dropped: X(NAME, label, program). `wireguard` drops are counted by the kernel or
// by wireguard-go and added by the agent.
#define COAX_HOOKS(X)                                                                              \
    X(TC_PORT, "tc_port")                                                                          \
    X(TC_LANE, "tc_lane")                                                                          \
    X(TC_HANDOVER, "tc_handover")                                                                  \
    X(TC_UPLINK, "tc_uplink")                                                                      \
    X(XDP_UPLINK, "xdp_uplink")                                                                    \
    X(WIREGUARD, "wireguard")

enum coax_hook {
#define COAX_HOOK_ENUM(name, label) COAX_HOOK_##name,
    COAX_HOOKS(COAX_HOOK_ENUM)
#undef COAX_HOOK_ENUM
        COAX_HOOKS_COUNT,
};

// coax_drops keeps the counts of the first reasons and hooks where the first release had them; the
// others follow, with room for more: neither an older agent nor an older program reads a wrong one.
#define COAX_DROP_FIRST_HOOKS 6
#define COAX_DROP_FIRST_REASONS 28
#define COAX_DROP_FIRST_ENTRIES (COAX_DROP_FIRST_HOOKS * COAX_DROP_FIRST_REASONS)
#define COAX_DROP_HOOKS_MAX 16
#define COAX_DROP_REASONS_MAX 64
#define COAX_DROP_ENTRIES (COAX_DROP_FIRST_ENTRIES + COAX_DROP_HOOKS_MAX * COAX_DROP_REASONS_MAX)

#ifdef __cplusplus
static_assert(COAX_HOOKS_COUNT <= COAX_DROP_HOOKS_MAX, "coax_drops has no room for the hooks");
static_assert(COAX_DROP_REASONS_COUNT <= COAX_DROP_REASONS_MAX, "coax_drops has no room");
constexpr
#else
_Static_assert(COAX_HOOKS_COUNT <= COAX_DROP_HOOKS_MAX, "coax_drops has no room for the hooks");
_Static_assert(COAX_DROP_REASONS_COUNT <= COAX_DROP_REASONS_MAX, "coax_drops has no room");
static inline __attribute__((always_inline))
#endif
    unsigned int
    coax_drop_index(unsigned int hook, unsigned int reason) {
    if (hook < COAX_DROP_FIRST_HOOKS && reason < COAX_DROP_FIRST_REASONS)
        return hook * COAX_DROP_FIRST_REASONS + reason;
    return COAX_DROP_FIRST_ENTRIES + hook * COAX_DROP_REASONS_MAX + reason;
}
