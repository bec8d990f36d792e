// SPDX-License-Identifier: Apache-2.0
// What the maps of one made-up node hold, as a value: the generator writes it, the kernel's maps
// are filled from it, and the oracle reads it instead of the maps.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coax/abi/tables.h"
#include "fuzz/bpf/random.h"
#include "harness/bpf_run.h"
#include "harness/packet.h"

namespace coax::fuzz {

using test::Bytes;
using test::Mac;
using Address = std::array<std::uint8_t, 16>; // IPv4 as ::ffff:a.b.c.d
bool is_v4(const Address &address);

/// Devices of the fuzzer's network namespace.
struct Devices {
    std::vector<std::uint32_t> ports;
    std::vector<std::uint32_t> lanes;
    std::vector<std::uint32_t> second_lanes; // of the second keys
    std::uint32_t handover = 0;
    std::uint32_t uplink = 0; // nothing may ever be seen on it
    std::uint32_t absent = 0; // an index no device has

    [[nodiscard]] bool has(std::uint32_t ifindex) const { return ifindex != 0 && ifindex < absent; }
};

struct Tables {
    coax_settings settings{};
    coax_second second{};
    std::map<std::uint32_t, coax_port> ports;       // by interface index
    std::set<std::uint32_t> port_states;            // interface indices with token buckets
    std::map<std::uint32_t, coax_network> networks; // by VNI
    std::map<std::uint32_t, std::uint32_t> learned; // VNI -> count
    std::map<std::uint32_t, coax_node> nodes;       // by VTEP, network order
    std::set<std::uint32_t> controls;               // VTEPs whose control messages are taken
    std::map<std::uint32_t, coax_probe> probes;     // by VTEP, network order
    std::map<std::uint32_t, coax_path> paths;       // by VTEP, network order
    std::set<std::uint32_t> reports;                // VTEPs whose path is noted
    std::map<std::pair<std::uint32_t, std::uint32_t>, coax_member> members; // {VTEP, VNI}
    std::map<std::pair<std::uint32_t, Mac>, coax_fdb_entry> fdb;            // {VNI, MAC}
    std::map<std::pair<std::uint32_t, std::uint32_t>, coax_target> flood;   // {VNI, index}
    std::set<std::pair<std::uint32_t, Mac>> guard_macs;                     // {ifindex, MAC}
    std::set<std::pair<std::uint32_t, Address>> guard_ips;                  // {ifindex, address}
    std::vector<coax_subnet_key> subnets;

    [[nodiscard]] const coax_fdb_entry *find(std::uint32_t vni, const Mac &mac) const;
    [[nodiscard]] bool owns_mac(std::uint32_t ifindex, const Mac &mac) const;
    [[nodiscard]] bool owns_ip(std::uint32_t ifindex, const Address &address) const;
    /// The VTEP of the node with this address, whichever of its two it is.
    [[nodiscard]] std::uint32_t first(std::uint32_t address_be) const;
    /// enum coax_path_flags of what is sent to the node; 0 while there are no second keys.
    [[nodiscard]] std::uint32_t path(std::uint32_t vtep_be) const;
    /// In the pool of VTEPs (IPv4) or, where the settings say so, in a guarded subnet.
    [[nodiscard]] bool is_overlay(const Address &address) const;
};

/// Everything the generators draw from, so that frames and tables meet.
namespace pool {
Mac some_mac(Random &random);
std::uint32_t some_vni(Random &random);
std::uint32_t some_vtep(Random &random); // network order
Address some_ipv4(Random &random);
Address some_ipv6(Random &random);
std::uint32_t second_of(std::uint32_t vtep_be); // the node's second address
constexpr std::uint32_t kSelf = 0;
std::uint32_t vtep(std::uint32_t node); // network order; node kSelf is this one
} // namespace pool

/// `decap_l3`: the kernel understands COAX_SETTINGS_DECAP_L3.
Tables make_tables(Random &random, const Devices &devices, bool decap_l3);

/// Writes all of it into the program's maps; `erase_tables` takes the same entries out again.
void put_tables(const test::BpfRun &program, const Tables &tables);
void erase_tables(const test::BpfRun &program, const Tables &tables);
/// What no run writes: tells that a report was left alone.
constexpr coax_path_report kNoReport = {.sent_ns = 0x5555555555555555, .flags = 0xaa, .pad = 0};
/// Full token buckets again: limits are the business of the tests, not of the fuzzer. Reports are
/// kNoReport again.
void fill_buckets(const test::BpfRun &program, const Tables &tables);

coax_fdb_key fdb_key(std::uint32_t vni, const Mac &mac);

/// One line per entry, for a failure's message.
std::string text(const Tables &tables);
std::string text(const Mac &mac);
std::string text(const Address &address);

} // namespace coax::fuzz
