// SPDX-License-Identifier: Apache-2.0
#include "agent/local_api/peer_facts.h"

#include <algorithm>

namespace coax {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

// WireGuard rejects a session after this (Reject-After-Time).
constexpr seconds kHandshakeStale{180};

void add(const WgPeerStatus &status, std::chrono::system_clock::time_point now, PeerFacts &facts) {
    facts.rx_bytes += status.rx_bytes;
    facts.tx_bytes += status.tx_bytes;
    if (!status.last_handshake)
        return;
    const auto age = std::max(duration_cast<seconds>(now - *status.last_handshake), seconds{0});
    facts.handshake_age = std::min(facts.handshake_age.value_or(age), age);
}

PeerFacts facts_of(const ViewSource &source, const Peer &peer,
                   const std::vector<std::optional<WgDevice>> &lanes) {
    PeerFacts facts;
    facts.peer = &peer;
    const auto now = source.clock.system_now();
    const auto &ids = source.reconciler.lanes().status();
    for (std::size_t i = 0; i < std::min(lanes.size(), ids.size()); ++i) {
        if (!lanes[i])
            continue;
        for (const auto *keys : {&peer.keys, &peer.next_keys}) {
            const std::uint32_t lane = ids[i].id.lane;
            const auto found =
                lane < keys->size() ? lanes[i]->peers.find((*keys)[lane]) : lanes[i]->peers.end();
            if (found == lanes[i]->peers.end())
                continue;
            if (i == 0 && keys == &peer.keys)
                facts.endpoint = found->second.config.endpoint;
            add(found->second, now, facts);
        }
    }
    return facts;
}

} // namespace

PeerState PeerFacts::state() const {
    if (!handshake_age)
        return PeerState::kNever;
    return *handshake_age <= kHandshakeStale ? PeerState::kUp : PeerState::kStale;
}

std::string_view peer_state_label(PeerState state) {
    switch (state) {
    case PeerState::kNever:
        return "never";
    case PeerState::kUp:
        return "up";
    case PeerState::kStale:
        return "stale";
    }
    return "never";
}

std::vector<std::optional<WgDevice>> read_lanes(const ViewSource &source) {
    std::vector<std::optional<WgDevice>> lanes;
    for (const LaneStatus &lane : source.reconciler.lanes().status()) {
        auto device = source.wireguard.read(lane.device);
        lanes.push_back(device.ok() ? std::optional(std::move(device).value()) : std::nullopt);
    }
    return lanes;
}

std::vector<PeerFacts> peer_facts(const ViewSource &source,
                                  const std::vector<std::optional<WgDevice>> &lanes) {
    std::vector<PeerFacts> all;
    for (const auto &[id, peer] : source.state.peers) {
        if (id != source.state.node.id)
            all.push_back(facts_of(source, peer, lanes));
    }
    return all;
}

std::map<PeerState, std::uint32_t> count_states(const std::vector<PeerFacts> &peers) {
    std::map<PeerState, std::uint32_t> counts{
        {PeerState::kNever, 0}, {PeerState::kUp, 0}, {PeerState::kStale, 0}};
    for (const PeerFacts &facts : peers)
        ++counts[facts.state()];
    return counts;
}

} // namespace coax
