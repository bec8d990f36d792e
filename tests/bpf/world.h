// SPDX-License-Identifier: Apache-2.0
// The made-up overlay all program tests live in, and the table entries that describe it.
//
//   node 1 (here)    VTEP 100.64.0.1   port kPortMac with 192.0.2.11, 2001:db8:1::11
//   node 2           VTEP 100.64.0.2   endpoint kRemoteMac with 192.0.2.22, 2001:db8:1::22
//   each has a second address, kVtepBit above the first, where a test says so (world_second)
//   network kVni     floods, learns, MTU 1390; both nodes are members
//   network kQuietVni   neither floods nor learns
#pragma once

#include <cstdint>
#include <ostream>

#include "coax/abi/limits.h"
#include "coax/abi/tables.h"
#include "harness/packet.h"

namespace coax::test {

constexpr std::uint32_t kVni = 100;
constexpr std::uint32_t kQuietVni = 200;
constexpr std::uint32_t kMtu = 1390;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint16_t kListenPort = 51820; // lane i: + i
constexpr std::uint16_t kSecondPort = 51840; // of the second keys

constexpr const char *kSelfVtep = "100.64.0.1";
constexpr const char *kRemoteVtep = "100.64.0.2";
constexpr const char *kThirdVtep = "100.64.0.3";
constexpr const char *kVtepBit = "0.32.0.0";
constexpr const char *kSelfSecond = "100.96.0.1";
constexpr const char *kRemoteSecond = "100.96.0.2";
constexpr const char *kThirdSecond = "100.96.0.3";

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
/// The lanes of the second keys: `first` and `second` of the two, no hand-over device.
coax_second world_second(const LaneIndices &lanes = {.first = 1011, .second = 1012});
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

/// A node, the path to it, and the addresses that makes.
struct PathRow {
    const char *name;
    const char *vtep;
    std::uint32_t flags; // enum coax_path_flags
    const char *src;
    const char *dst;
    [[nodiscard]] bool from_second() const { return (flags & COAX_PATH_FROM_SECOND) != 0; }
};
inline std::ostream &operator<<(std::ostream &out, const PathRow &row) {
    return out << row.name;
}
/// In an order in which each address changes both ways from one to the next.
constexpr PathRow kPaths[] = {
    {"first_to_first", "100.64.0.2", 0, kSelfVtep, "100.64.0.2"},
    {"second_to_second", "100.64.0.3", COAX_PATH_FROM_SECOND | COAX_PATH_TO_SECOND, kSelfSecond,
     "100.96.0.3"},
    {"first_to_second", "100.64.0.4", COAX_PATH_TO_SECOND, kSelfVtep, "100.96.0.4"},
    {"second_to_first", "100.64.0.5", COAX_PATH_FROM_SECOND, kSelfSecond, "100.64.0.5"},
};

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
