// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/trust/binding.h"
#include "unit/trust/keys.h"

namespace coax::test {

inline PublicKey lane_key(std::uint8_t byte) {
    PublicKey key;
    key.bytes.fill(byte);
    return key;
}

inline Binding sample_binding() {
    return {.network_id = "rack-4",
            .node = NodeId(1),
            .name = "storage1",
            .vtep = must(IpAddress::parse("100.64.0.1")),
            .lane_keys = {lane_key(2), lane_key(1)},
            .next_lane_keys = {},
            .endpoints = {must(SocketAddress::parse("192.0.2.1:51820")),
                          must(SocketAddress::parse("[2001:db8::1]:51820"))},
            .roles = {"relay", "gateway"},
            .epoch = 1800000000,
            .not_before = kNow - std::chrono::minutes(5),
            .expires = kNow + std::chrono::hours(1)};
}

} // namespace coax::test
