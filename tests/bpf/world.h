// SPDX-License-Identifier: Apache-2.0
// The made-up overlay all program tests live in, and the table entries that describe it.
//
//   node 1 (here)    VTEP 100.64.0.1   port kPortMac with 192.0.2.11, 2001:db8:1::11
//   node 2           VTEP 100.64.0.2   endpoint kRemoteMac with 192.0.2.22, 2001:db8:1::22
//   network kVni     floods, learns, MTU 1390; both nodes are members
//   network kQuietVni   neither floods nor learns
#pragma once

#include <cstdint>

#include "coax/abi/limits.h"
#include "coax/abi/tables.h"
#include "harness/packet.h"

namespace coax::test {

constexpr std::uint32_t kVni = 100;
constexpr std::uint32_t kQuietVni = 200;
constexpr std::uint32_t kMtu = 1390;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint16_t kListenPort = 51820; // lane i: + i

constexpr const char *kSelfVtep = "100.64.0.1";
constexpr const char *kRemoteVtep = "100.64.0.2";
constexpr const char *kThirdVtep = "100.64.0.3";

constexpr Mac kPortMac = mac(0x11);
constexpr Mac kRemoteMac = mac(0x22);
constexpr Mac kLocalMac = mac(0x33); // behind another port of this node
constexpr Mac kUnknownMac = mac(0x77);

// Addresses of the overlay; the second of each pair is the same host's for IPv6.
constexpr const char *kPortIp = "192.0.2.11";
constexpr const char *kPortIp6 = "2001:db8:1::11";
constexpr const char *kRemoteIp = "192.0.2.22";
constexpr const char *kRemoteIp6 = "2001:db8:1::22";
constexpr const char *kForeignIp = "192.0.2.99"; // nobody's
constexpr const char *kForeignIp6 = "2001:db8:1::99";

struct LaneIndices {
    std::uint32_t first = 1001; // where no device is needed, any number will do
    std::uint32_t second = 1002;
    std::uint32_t handover = 1003;
};

coax_settings world_settings(const LaneIndices &lanes = {}, std::uint32_t flags = 0);
coax_network world_network(std::uint32_t flags = COAX_NETWORK_FLOOD | COAX_NETWORK_LEARN);
coax_target to_node(const char *vtep, std::uint8_t lanes = 1);
coax_target to_port(std::uint32_t ifindex, coax_target_kind kind = COAX_TARGET_PORT_EGRESS);

coax_port port_entry(std::uint32_t vni, const Mac &address, std::uint8_t flags);
coax_fdb_key fdb_key(std::uint32_t vni, const Mac &address);
coax_fdb_entry fdb_entry(const coax_target &target, std::uint32_t flags);
coax_guard_ip_key guard_ip_key(std::uint32_t ifindex, const Ip &address);
coax_guard_mac_key guard_mac_key(std::uint32_t ifindex, const Mac &address);
/// `bits` of the address as written: 24 for 192.0.2.0/24.
coax_subnet_key subnet_key(const Ip &address, std::uint32_t bits);

/// What node `src` sends to `dst` inside WireGuard for this frame, without an Ethernet header.
struct OuterFields {
    const char *src = kSelfVtep;
    const char *dst = kRemoteVtep;
    std::uint16_t sport = 50000;
    std::uint32_t vni = kVni;
    std::uint8_t tos = 0;
};
Packet outer(const OuterFields &fields, const Packet &frame);

} // namespace coax::test
