// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/wireguard/wireguard.h"

namespace coax::test {

/// A public key whose bytes are all `fill`.
inline PublicKey key_of(std::uint8_t fill) {
    PublicKey key;
    key.bytes.fill(fill);
    return key;
}

inline IpPrefix prefix(const std::string &text) {
    return IpPrefix::parse(text).value();
}
inline SocketAddress endpoint(const std::string &text) {
    return SocketAddress::parse(text).value();
}

inline WgPeerConfig peer(const std::string &endpoint_text,
                         const std::vector<std::string> &allowed_ips, int keepalive_s = 0) {
    WgPeerConfig config;
    if (!endpoint_text.empty())
        config.endpoint = endpoint(endpoint_text);
    for (const auto &text : allowed_ips)
        config.allowed_ips.push_back(prefix(text));
    config.keepalive = std::chrono::seconds(keepalive_s);
    return config;
}

} // namespace coax::test
