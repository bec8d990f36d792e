// SPDX-License-Identifier: Apache-2.0
// For the two codecs of WireGuard: a device as the delta that makes it, and comparison.
#pragma once

#include <algorithm>

#include "lib/wireguard/wireguard.h"

namespace coax::fuzz {

inline WgDelta delta_that_makes(const WgDevice &device) {
    WgDelta delta;
    delta.set_listen_port = device.listen_port;
    for (const auto &[key, peer] : device.peers)
        delta.set_peers[key] = {.add = true,
                                .endpoint = peer.config.endpoint,
                                .allowed_ips = peer.config.allowed_ips,
                                .keepalive = peer.config.keepalive};
    return delta;
}

/// Apart from keys of the device and counters.
inline bool same_configuration(const WgDevice &a, const WgDevice &b) {
    return a.listen_port == b.listen_port &&
           std::ranges::equal(a.peers, b.peers, [](const auto &x, const auto &y) {
               return x.first == y.first && x.second.config == y.second.config;
           });
}

} // namespace coax::fuzz
