// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/lane_config.h"

#include <algorithm>

#include "coax/abi/limits.h"

namespace coax {
namespace {

// While keys change, WireGuard itself is to make the handshakes that nothing is sent over yet, and to
// try again until the other end knows the key: it does when a keepalive is due.
constexpr std::chrono::seconds kSettleKeepalive{2};

std::chrono::seconds keepalive_of(const Peer &peer, bool settling) {
    if (!settling)
        return peer.keepalive;
    return peer.keepalive.count() == 0 ? kSettleKeepalive
                                       : std::min(peer.keepalive, kSettleKeepalive);
}

void add_peer(const DesiredState &state, const Peer &peer, LaneId of_peer, bool settling,
              WgDeviceConfig &config) {
    const auto &keys = of_peer.set == peer.key_set ? peer.keys : peer.next_keys;
    if (of_peer.lane >= keys.size())
        return;
    WgPeerConfig wg;
    if (peer.endpoint) {
        wg.endpoint = peer.endpoint;
        wg.endpoint->port = lane_port_from(peer.endpoint->port, of_peer.lane, of_peer.set);
    }
    wg.allowed_ips = {IpPrefix{state.vtep_of(peer.id, of_peer.set), 32}};
    wg.keepalive = keepalive_of(peer, settling);
    config.peers.insert_or_assign(keys[of_peer.lane], std::move(wg));
}

} // namespace

std::uint32_t LaneId::slot() const {
    return lane + (set == KeySet::kSecond ? COAX_LANES_MAX : 0U);
}

LaneId LaneId::of_slot(std::uint32_t slot) {
    return {slot < COAX_LANES_MAX ? KeySet::kFirst : KeySet::kSecond, slot % COAX_LANES_MAX};
}

WgDeviceConfig lane_config_for(const DesiredState &state, LaneId id, const PublicKey &public_key,
                               bool settling) {
    WgDeviceConfig config;
    config.public_key = public_key;
    config.listen_port = state.lane_port(id.lane, id.set);
    for (const auto &[node, peer] : state.peers) {
        if (node == state.node.id)
            continue;
        const bool moving = settling || !peer.next_keys.empty();
        add_peer(state, peer, {peer.key_set, id.lane}, moving, config);
        add_peer(state, peer, {other(peer.key_set), id.lane}, moving, config);
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
