// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/types.h"
#include "lib/trust/ssh_public_key.h"

// Where things are in the store. Ids and VNIs are 8 hexadecimal digits, so that keys are in their
// order.
namespace coax::controller {

inline constexpr std::string_view kAllKeys = "coax/";
inline constexpr std::string_view kClusterKey = "coax/cluster";         // record::Cluster
inline constexpr std::string_view kNodeIdsKey = "coax/ids";             // record::NodeIds
inline constexpr std::string_view kTopologyKey = "coax/topology";       // record::Topology
inline constexpr std::string_view kRevocationsKey = "coax/revocations"; // signed list
inline constexpr std::string_view kNodePrefix = "coax/node/";           // id: record::Node
inline constexpr std::string_view kNamePrefix = "coax/name/";           // name: node id
inline constexpr std::string_view kIdentityPrefix = "coax/key/";        // 64 digits: node id
inline constexpr std::string_view kPendingPrefix = "coax/pending/";     // name: record::Pending
inline constexpr std::string_view kOnlinePrefix = "coax/online/";       // id: record::Online
inline constexpr std::string_view kReportPrefix = "coax/report/";       // id: record::Report
inline constexpr std::string_view kNetworkPrefix = "coax/network/";     // name: v1::Network
inline constexpr std::string_view kVniPrefix = "coax/vni/";             // vni: network name
inline constexpr std::string_view kPortPrefix = "coax/port/";           // id/name: v1::Port
inline constexpr std::string_view kTokenPrefix = "coax/token/";         // id: record::Token
inline constexpr std::string_view kAuditPrefix = "coax/audit/";         // 16 digits: v1::AuditLine

std::string node_key(NodeId id);
std::string name_key(std::string_view name);
std::string identity_key(const SshPublicKey &key);
std::string pending_key(std::string_view name);
std::string online_key(NodeId id);
std::string report_key(NodeId id);
std::string network_key(std::string_view name);
std::string vni_key(Vni vni);
std::string port_key(NodeId id, std::string_view name);
std::string token_key(std::string_view id);
std::string audit_key(std::uint64_t sequence);

/// What follows `prefix` in `key`; absent when it begins otherwise.
std::optional<std::string_view> after_prefix(std::string_view key, std::string_view prefix);
/// 8 hexadecimal digits, as the keys have them.
std::optional<NodeId> id_of(std::string_view digits);
std::optional<NodeId> id_after(std::string_view key, std::string_view prefix);
/// "ID/NAME" of a port's key.
std::optional<std::pair<NodeId, std::string>> port_of(std::string_view rest);

} // namespace coax::controller
