// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "agent/local_api/peer_facts.h"
#include "agent/local_api/views.h"

namespace coax {
namespace {

std::int64_t age_ms(const Clock &clock, std::uint64_t seen_ns) {
    const auto now = clock.monotonic_now().time_since_epoch();
    const auto age = now - std::chrono::nanoseconds(seen_ns);
    using std::chrono::duration_cast;
    return std::max<std::int64_t>(duration_cast<std::chrono::milliseconds>(age).count(), 0);
}

void fill(const ViewSource &source, const PeerFacts &facts, api::Peer &out) {
    const Peer &peer = *facts.peer;
    out.set_name(peer.name);
    out.set_node_id(peer.id.value());
    out.set_vtep(source.state.vtep_of(peer.id).to_string());
    out.set_state(std::string(peer_state_label(facts.state())));
    if (facts.endpoint)
        out.set_endpoint(facts.endpoint->to_string());
    out.set_lanes(
        std::min(source.state.wireguard.lanes, static_cast<std::uint32_t>(peer.keys.size())));
    out.set_handshake_age_seconds(facts.handshake_age ? facts.handshake_age->count() : -1);
    out.set_rx_bytes(facts.rx_bytes);
    out.set_tx_bytes(facts.tx_bytes);
    const PeerLiveness &liveness = source.liveness.of(peer.id);
    out.set_presence(std::string(presence_label(liveness.presence)));
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    out.set_round_trip_us(
        liveness.round_trip ? duration_cast<microseconds>(*liveness.round_trip).count() : -1);
    for (const PublicKey &key : peer.keys)
        out.add_public_keys(key.to_string());
}

} // namespace

Result<api::Peers> peers_view(const ViewSource &source) {
    COAX_ASSIGN_OR_RETURN(const auto traffic, source.datapath.node_stats());
    api::Peers peers;
    for (const PeerFacts &facts : peer_facts(source, read_lanes(source))) {
        api::Peer &out = *peers.add_peers();
        fill(source, facts, out);
        out.set_last_rx_age_ms(-1);
        const auto found = traffic.find(source.state.vtep_of(facts.peer->id).v4_be());
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
