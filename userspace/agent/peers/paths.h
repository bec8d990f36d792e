// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <map>
#include <set>

#include "agent/peers/lane_config.h"
#include "lib/bpf/datapath.h"
#include "lib/state/desired_state.h"

namespace coax {

/// What this node sends to a peer goes from the lanes of one of its sets to one of the peer's.
struct Path {
    KeySet from = KeySet::kFirst;
    KeySet to = KeySet::kFirst;
    auto operator<=>(const Path &) const = default;

    [[nodiscard]] coax_path to_abi() const;
    static Path of_flags(std::uint32_t flags);
};

/// Keys of peers that a lane has a session with.
using Sessions = std::map<LaneId, std::set<PublicKey>>;

/// The sets of keys that this node has.
struct OwnSets {
    KeySet in_use = KeySet::kFirst;
    bool changing = false;
    [[nodiscard]] bool has(KeySet set) const { return changing || set == in_use; }
    [[nodiscard]] KeySet newest() const { return changing ? other(in_use) : in_use; }
};

/// Where the path to a peer is to be in the end: between the newest keys of both.
Path best_path(const OwnSets &own, const Peer &peer);

/// Pure. The path to take now: the best over which all lanes have a session, and no other than
/// `present` while there is none. A present one whose keys are gone is left in any case.
Path choose_path(const DesiredState &state, const OwnSets &own, const Peer &peer, Path present,
                 const Sessions &sessions);

using PathTable = Table<std::uint32_t, coax_path>;

/// Pure. The path to a node as a table has it.
Path path_in(const PathTable &paths, std::uint32_t vtep_be);

/// Pure. coax_paths of all peers, made from what it is now.
PathTable paths_for(const DesiredState &state, const OwnSets &own, const PathTable &present,
                    const Sessions &sessions);

} // namespace coax
