// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lib/base/types.h"

namespace coax {

/// A node has two sets of lane keys, in turns, and both while they change. WireGuard allows an address
/// to one key only, so each set has an address of its own inside the tunnels.
enum class KeySet : std::uint8_t { kFirst = 0, kSecond = 1 };

constexpr std::array<KeySet, 2> kKeySets{KeySet::kFirst, KeySet::kSecond};

constexpr KeySet other(KeySet set) {
    return set == KeySet::kFirst ? KeySet::kSecond : KeySet::kFirst;
}

/// "first", "second".
constexpr std::string_view key_set_label(KeySet set) {
    return set == KeySet::kFirst ? "first" : "second";
}

/// The highest host bit of an IPv4 pool, host order: what a second address has and a first has not.
std::uint32_t second_vtep_bit(const IpPrefix &pool);
/// Node ids end below that bit.
std::uint32_t largest_node_id(const IpPrefix &pool);
/// VTEP of a node: pool base + node id, for its second keys with second_vtep_bit(). The id fits the
/// pool.
IpAddress vtep_in(const IpPrefix &pool, NodeId node, KeySet set = KeySet::kFirst);

} // namespace coax
