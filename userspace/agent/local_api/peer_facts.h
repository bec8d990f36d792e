// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/local_api/view_source.h"

namespace coax {

enum class PeerState { kNever, kUp, kStale }; // handshakes: none yet, a fresh one, only an old one

/// What WireGuard knows of a peer, over all lanes and all keys.
struct PeerFacts {
    const Peer *peer = nullptr;                        // of the state
    std::optional<std::chrono::seconds> handshake_age; // of the youngest lane
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_bytes = 0;
    std::optional<SocketAddress> endpoint; // lane 0, of the keys in use

    [[nodiscard]] PeerState state() const;
};

/// "never", "up", "stale".
std::string_view peer_state_label(PeerState state);

/// Every lane's device as it is now; absent where WireGuard does not answer for it.
std::vector<std::optional<WgDevice>> read_lanes(const ViewSource &source);

/// Every peer but this node itself, by id.
std::vector<PeerFacts> peer_facts(const ViewSource &source,
                                  const std::vector<std::optional<WgDevice>> &lanes);

/// How many are in each state.
std::map<PeerState, std::uint32_t> count_states(const std::vector<PeerFacts> &peers);

} // namespace coax
