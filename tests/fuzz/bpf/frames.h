// SPDX-License-Identifier: Apache-2.0
// Frames for each program: composed of layers that make sense, then often spoilt.
#pragma once

#include "coax/abi/drop_reason.h"
#include "fuzz/bpf/random.h"
#include "fuzz/bpf/tables.h"
#include "harness/bpf_run.h"

namespace coax::fuzz {

/// One run of one program: all the program gets besides its maps.
struct Case {
    Bytes frame;
    test::RunContext context;
};

Case make_case(Random &random, const Tables &tables, const Devices &devices, coax_hook hook);

// The parts, for frames_spoil.cpp and the generators of other frames.

struct Sender {
    Mac mac;
    std::uint32_t ifindex = 0; // its port on this node; 0: behind another node
};

/// Ethernet and all behind it, as a port or an endpoint behind a node sends it.
test::Packet inner_frame(Random &random, const Tables &tables, const Sender &sender);
/// What an underlay NIC sees: WireGuard, VXLAN in clear, overlay addresses, anything else.
test::Packet uplink_frame(Random &random, const Tables &tables);
/// An IP header and up to six IPv6 extension headers between any two addresses of the pools.
test::Packet some_ip(Random &random, const Address &source);
test::Packet some_transport(Random &random);
test::Packet some_payload(Random &random);
test::Ip ip_of(const Address &address);

/// From UDP on, as the node with that address sends it.
test::Packet control_message(Random &random, const Tables &tables, std::uint32_t source_be);

/// Flips, cuts, lengthens, overwrites; the result has at least 14 bytes.
void spoil(Random &random, Bytes &frame);

} // namespace coax::fuzz
