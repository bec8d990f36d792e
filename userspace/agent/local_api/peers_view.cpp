// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>

#include "agent/local_api/views.h"

namespace coax {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

// WireGuard rejects a session after this (Reject-After-Time).
constexpr seconds kHandshakeStale{180};

struct Sums {
    std::optional<seconds> handshake_age; // youngest
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_bytes = 0;
    std::optional<SocketAddress> endpoint; // lane 0
};

Sums sum_lanes(const ViewSource &source, const Peer &peer, const std::vector<WgDevice> &lanes) {
    Sums sums;
    const auto now = source.clock.system_now();
    for (std::size_t lane = 0; lane < std::min(lanes.size(), peer.keys.size()); ++lane) {
        const auto found = lanes[lane].peers.find(peer.keys[lane]);
        if (found == lanes[lane].peers.end())
            continue;
        const WgPeerStatus &status = found->second;
        sums.rx_bytes += status.rx_bytes;
        sums.tx_bytes += status.tx_bytes;
        if (lane == 0)
            sums.endpoint = status.config.endpoint;
        if (!status.last_handshake)
            continue;
        const auto age = std::max(duration_cast<seconds>(now - *status.last_handshake), seconds{0});
        sums.handshake_age = std::min(sums.handshake_age.value_or(age), age);
    }
    return sums;
}

const char *state_of(const Sums &sums) {
    if (!sums.handshake_age)
        return "never";
    return *sums.handshake_age <= kHandshakeStale ? "up" : "stale";
}

std::int64_t age_ms(const Clock &clock, std::uint64_t seen_ns) {
    const auto now = clock.monotonic_now().time_since_epoch();
    const auto age = now - std::chrono::nanoseconds(seen_ns);
    return std::max<std::int64_t>(duration_cast<std::chrono::milliseconds>(age).count(), 0);
}

void fill(const ViewSource &source, const Peer &peer, const Sums &sums, api::Peer &out) {
    out.set_name(peer.name);
    out.set_node_id(peer.id.value());
    out.set_vtep(source.state.vtep_of(peer.id).to_string());
    out.set_state(state_of(sums));
    if (sums.endpoint)
        out.set_endpoint(sums.endpoint->to_string());
    out.set_lanes(
        std::min(source.state.wireguard.lanes, static_cast<std::uint32_t>(peer.keys.size())));
    out.set_handshake_age_seconds(sums.handshake_age ? sums.handshake_age->count() : -1);
    out.set_rx_bytes(sums.rx_bytes);
    out.set_tx_bytes(sums.tx_bytes);
    for (const PublicKey &key : peer.keys)
        out.add_public_keys(key.to_string());
}

} // namespace

Result<api::Peers> peers_view(const ViewSource &source) {
    std::vector<WgDevice> lanes;
    for (const LaneStatus &lane : source.reconciler.lanes().status()) {
        auto device = source.wireguard.read(lane.device);
        lanes.push_back(device.ok() ? *device : WgDevice{});
    }
    COAX_ASSIGN_OR_RETURN(const auto traffic, source.datapath.node_stats());
    api::Peers peers;
    for (const auto &[id, peer] : source.state.peers) {
        if (id == source.state.node.id)
            continue;
        api::Peer &out = *peers.add_peers();
        fill(source, peer, sum_lanes(source, peer, lanes), out);
        out.set_last_rx_age_ms(-1);
        const auto found = traffic.find(source.state.vtep_of(id).v4_be());
        if (found == traffic.end())
            continue;
        out.set_overlay_rx_packets(found->second.rx_packets);
        out.set_overlay_tx_packets(found->second.tx_packets);
        if (found->second.last_rx_ns != 0)
            out.set_last_rx_age_ms(age_ms(source.clock, found->second.last_rx_ns));
    }
    return peers;
}

} // namespace coax
