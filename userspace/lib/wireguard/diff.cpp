// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lib/wireguard/wireguard.h"

namespace coax {
namespace {

/// As WireGuard reports them: host bits cleared, sorted, once each.
std::vector<IpPrefix> normalised(const std::vector<IpPrefix> &prefixes) {
    std::vector<IpPrefix> result;
    result.reserve(prefixes.size());
    for (const auto &prefix : prefixes)
        result.push_back(prefix.network());
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

WgPeerChange addition(const WgPeerConfig &desired) {
    WgPeerChange change;
    change.add = true;
    change.endpoint = desired.endpoint;
    change.allowed_ips = normalised(desired.allowed_ips);
    if (desired.keepalive.count() != 0)
        change.keepalive = desired.keepalive;
    return change;
}

bool endpoint_differs(const WgPeerStatus &actual, const WgPeerConfig &desired,
                      const WgPeerConfig *previous) {
    if (!desired.endpoint || actual.config.endpoint == desired.endpoint)
        return false;
    if (!actual.config.endpoint)
        return true;
    if (previous == nullptr)
        return !actual.last_handshake; // it works from where it is: that is roaming
    return previous->endpoint != desired.endpoint;
}

WgPeerChange modification(const WgPeerStatus &actual, const WgPeerConfig &desired,
                          const WgPeerConfig *previous) {
    WgPeerChange change;
    if (endpoint_differs(actual, desired, previous))
        change.endpoint = desired.endpoint;
    auto allowed_ips = normalised(desired.allowed_ips);
    if (normalised(actual.config.allowed_ips) != allowed_ips)
        change.allowed_ips = std::move(allowed_ips);
    if (actual.config.keepalive != desired.keepalive)
        change.keepalive = desired.keepalive;
    change.clear_preshared_key = actual.has_preshared_key;
    return change;
}

const WgPeerConfig *find_peer(const WgDeviceConfig *config, const PublicKey &key) {
    if (config == nullptr)
        return nullptr;
    const auto it = config->peers.find(key);
    return it == config->peers.end() ? nullptr : &it->second;
}

} // namespace

WgDelta diff(const WgDevice &actual, const WgDeviceConfig &desired,
             const WgDeviceConfig *previous) {
    WgDelta delta;
    delta.set_private_key = actual.public_key != desired.public_key;
    if (actual.listen_port != desired.listen_port)
        delta.set_listen_port = desired.listen_port;
    for (const auto &[key, peer] : desired.peers) {
        const auto it = actual.peers.find(key);
        const WgPeerChange change = it == actual.peers.end()
                                        ? addition(peer)
                                        : modification(it->second, peer, find_peer(previous, key));
        if (change != WgPeerChange{})
            delta.set_peers.emplace(key, change);
    }
    for (const auto &[key, peer] : actual.peers) {
        if (!desired.peers.contains(key))
            delta.remove_peers.push_back(key);
    }
    return delta;
}

} // namespace coax
