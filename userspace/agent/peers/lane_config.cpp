// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/lane_config.h"

namespace coax {

WgDeviceConfig lane_config_for(const DesiredState &state, std::uint32_t lane,
                               const PublicKey &public_key) {
    WgDeviceConfig config;
    config.public_key = public_key;
    config.listen_port =
        UdpPort(static_cast<std::uint16_t>(state.underlay.listen_port.value() + lane));
    for (const auto &[id, peer] : state.peers) {
        if (id == state.node.id || lane >= peer.keys.size())
            continue;
        WgPeerConfig wg;
        if (peer.endpoint) {
            wg.endpoint = peer.endpoint;
            wg.endpoint->port =
                UdpPort(static_cast<std::uint16_t>(peer.endpoint->port.value() + lane));
        }
        wg.allowed_ips = {IpPrefix{state.vtep_of(id), 32}};
        wg.keepalive = peer.keepalive;
        if (lane < peer.next_keys.size()) {
            WgPeerConfig next = wg;
            next.allowed_ips.clear();
            config.peers.emplace(peer.next_keys[lane], std::move(next));
        }
        config.peers.insert_or_assign(peer.keys[lane], std::move(wg));
    }
    return config;
}

Memory::Endpoints endpoints_of(const WgDeviceConfig &config) {
    Memory::Endpoints endpoints;
    for (const auto &[key, peer] : config.peers)
        endpoints.emplace(key, peer.endpoint);
    return endpoints;
}

WgDeviceConfig with_endpoints(const WgDeviceConfig &desired, const Memory::Endpoints &before) {
    WgDeviceConfig previous = desired;
    std::erase_if(previous.peers, [&](const auto &peer) { return !before.contains(peer.first); });
    for (auto &[key, peer] : previous.peers)
        peer.endpoint = before.at(key);
    return previous;
}

} // namespace coax
