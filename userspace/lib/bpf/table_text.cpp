// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <fmt/format.h>

#include "lib/bpf/apply_order.h"

namespace coax {
namespace {

template <typename Key>
Key from_bytes(Bytes bytes) {
    Key key{};
    std::memcpy(&key, bytes.data(), std::min(sizeof(Key), bytes.size()));
    return key;
}

std::string mac_text(const std::uint8_t (&mac)[6]) {
    MacAddress address;
    std::copy(std::begin(mac), std::end(mac), address.bytes.begin());
    return address.to_string();
}

std::string ip_text(const std::uint8_t (&addr)[16]) {
    std::array<std::uint8_t, 16> bytes{};
    std::copy(std::begin(addr), std::end(addr), bytes.begin());
    return IpAddress::from_bytes(bytes).to_string();
}

std::string vtep_text(std::uint32_t vtep_be) {
    return IpAddress::v4(ntohl(vtep_be)).to_string();
}

std::string member_text(const coax_member_key &key) {
    return fmt::format("vtep {} vni {}", vtep_text(key.vtep_be), key.vni);
}

std::string subnet_text(const coax_subnet_key &key) {
    return fmt::format("{} prefix_bits {}", ip_text(key.addr), key.prefix_bits);
}

} // namespace

std::string_view table_name(TableId table) {
    switch (table) {
    case TableId::kNodes:
        return "coax_nodes";
    case TableId::kPaths:
        return "coax_paths";
    case TableId::kMembers:
        return "coax_members";
    case TableId::kFlood:
        return "coax_flood";
    case TableId::kNetworks:
        return "coax_networks";
    case TableId::kFdb:
        return "coax_fdb";
    case TableId::kSubnets:
        return "coax_subnets";
    case TableId::kGuardMacs:
        return "coax_guard_mac";
    case TableId::kGuardIps:
        return "coax_guard_ip";
    case TableId::kPorts:
        return "coax_ports";
    case TableId::kSecond:
        return "coax_second";
    case TableId::kSettings:
        return "coax_settings";
    }
    return "unknown";
}

std::string key_text(TableId table, Bytes key) {
    switch (table) {
    case TableId::kNodes:
    case TableId::kPaths:
        return fmt::format("vtep {}", vtep_text(from_bytes<std::uint32_t>(key)));
    case TableId::kMembers:
        return member_text(from_bytes<coax_member_key>(key));
    case TableId::kFlood: {
        const auto flood = from_bytes<coax_flood_key>(key);
        return fmt::format("vni {} index {}", flood.vni, flood.index);
    }
    case TableId::kNetworks:
        return fmt::format("vni {}", from_bytes<std::uint32_t>(key));
    case TableId::kFdb: {
        const auto fdb = from_bytes<coax_fdb_key>(key);
        return fmt::format("vni {} mac {}", fdb.vni, mac_text(fdb.mac));
    }
    case TableId::kSubnets:
        return subnet_text(from_bytes<coax_subnet_key>(key));
    case TableId::kGuardMacs: {
        const auto guard = from_bytes<coax_guard_mac_key>(key);
        return fmt::format("ifindex {} mac {}", guard.ifindex, mac_text(guard.mac));
    }
    case TableId::kGuardIps: {
        const auto guard = from_bytes<coax_guard_ip_key>(key);
        return fmt::format("ifindex {} ip {}", guard.ifindex, ip_text(guard.addr));
    }
    case TableId::kPorts:
        return fmt::format("ifindex {}", from_bytes<std::uint32_t>(key));
    case TableId::kSecond:
    case TableId::kSettings:
        return "this node";
    }
    return {};
}

} // namespace coax
