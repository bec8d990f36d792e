// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
// Messages between nodes, inside WireGuard: IPv4 from the VTEP of a known node to ours, UDP to
// COAX_CONTROL_PORT, then struct coax_control, then what the type says. tc_lane answers or takes all of
// them; none reaches the stack. WireGuard has authenticated the sender: it can lie about itself only.
#pragma once

#include "coax/abi/tables.h"

// Beside overlay.vxlan_port, which may not be the same.
#define COAX_CONTROL_PORT 4790

#define COAX_CONTROL_MAGIC 0x436f6178 // "Coax"
// Rises with any change that an older node would read wrongly. Another version is dropped.
#define COAX_CONTROL_VERSION 1

// In an ECHO_REQUEST: the answer is to say which path its sender takes to us. In the answer to such a
// one: it does, in the lower bits, enum coax_path_flags. A node that does not know the flag drops the
// request.
#define COAX_CONTROL_PATH 0x8000

enum coax_control_type {
    // Comes back to the sender as ECHO_REPLY, all behind the flags as it was: same length, never more.
    COAX_CONTROL_ECHO_REQUEST = 1,
    COAX_CONTROL_ECHO_REPLY = 2,
    // Handed to the agent: 1..COAX_MAIL_BYTES_MAX bytes behind the header.
    COAX_CONTROL_MAIL = 3,
};

// All of it in network order but `stamp`, which means something to its writer only.
struct coax_control {
    __be32 magic_be;
    __u8 version;
    __u8 type;       // enum coax_control_type
    __be16 flags_be; // ECHO: 0 or COAX_CONTROL_PATH; MAIL: 0; others are dropped
    __be64 sequence; // ECHO: of the request; MAIL: 0
    __u64 stamp;     // ECHO: when the request was sent, in the sender's CLOCK_MONOTONIC; MAIL: 0
};
COAX_ABI_ASSERT(coax_control, 24);

// IPv4 (20), UDP (8), struct coax_control: the shortest message.
#define COAX_CONTROL_BYTES 52

// What one node may send to this one; a burst of one second.
#define COAX_ECHO_PER_SECOND 20
#define COAX_MAIL_PER_SECOND 50

// Fits a lane over IPv6 over Ethernet. A lane with a smaller MTU carries MTU - COAX_CONTROL_BYTES.
#define COAX_MAIL_BYTES_MAX 1300
#define COAX_MAIL_RING_BYTES (1 << 20)

// A record of the ring buffer coax_mail.
struct coax_mail_record {
    __u32 node_id;     // of the sender
    __u32 bytes_count; // of `bytes`: 1..COAX_MAIL_BYTES_MAX; the rest is undefined
    __u8 bytes[COAX_MAIL_BYTES_MAX];
    __u8 pad[4];
};
COAX_ABI_ASSERT(coax_mail_record, 1312);
