// SPDX-License-Identifier: Apache-2.0
#include "lib/base/vtep.h"

#include <algorithm>

#include "coax/abi/limits.h"

namespace coax {
namespace {

constexpr std::uint32_t kAddressBits = 32;

} // namespace

std::uint32_t second_vtep_bit(const IpPrefix &pool) {
    const std::uint64_t addresses = 1ULL << (kAddressBits - pool.length);
    return static_cast<std::uint32_t>(addresses / 2);
}

std::uint32_t largest_node_id(const IpPrefix &pool) {
    const std::uint32_t bit = second_vtep_bit(pool);
    return bit == 0 ? 0 : std::min<std::uint32_t>(bit - 1, COAX_NODE_ID_MAX);
}

IpAddress vtep_in(const IpPrefix &pool, NodeId node, KeySet set) {
    const std::uint32_t first = pool.network().address.v4_host_order() + node.value();
    return IpAddress::v4(set == KeySet::kFirst ? first : first + second_vtep_bit(pool));
}

} // namespace coax
