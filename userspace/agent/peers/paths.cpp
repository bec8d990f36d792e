// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/paths.h"

#include <algorithm>
#include <array>

namespace coax {
namespace {

bool has_set(const Peer &peer, KeySet set) {
    return set == peer.key_set || !peer.next_keys.empty();
}

/// Do all lanes that both have carry it?
bool is_up(const DesiredState &state, const Peer &peer, Path path, const Sessions &sessions) {
    const auto &keys = path.to == peer.key_set ? peer.keys : peer.next_keys;
    const std::size_t shared = std::min<std::size_t>(state.wireguard.lanes, keys.size());
    for (std::uint32_t lane = 0; lane < shared; ++lane) {
        const auto with = sessions.find({path.from, lane});
        if (with == sessions.end() || !with->second.contains(keys[lane]))
            return false;
    }
    return shared > 0;
}

} // namespace

coax_path Path::to_abi() const {
    coax_path path{};
    if (from == KeySet::kSecond)
        path.flags |= COAX_PATH_FROM_SECOND;
    if (to == KeySet::kSecond)
        path.flags |= COAX_PATH_TO_SECOND;
    return path;
}

Path Path::of_flags(std::uint32_t flags) {
    return {(flags & COAX_PATH_FROM_SECOND) != 0 ? KeySet::kSecond : KeySet::kFirst,
            (flags & COAX_PATH_TO_SECOND) != 0 ? KeySet::kSecond : KeySet::kFirst};
}

Path best_path(const OwnSets &own, const Peer &peer) {
    return {own.newest(), peer.next_keys.empty() ? peer.key_set : other(peer.key_set)};
}

Path choose_path(const DesiredState &state, const OwnSets &own, const Peer &peer, Path present,
                 const Sessions &sessions) {
    const Path best = best_path(own, peer);
    const std::array<Path, 4> by_rank{best,
                                      {best.from, other(best.to)},
                                      {other(best.from), best.to},
                                      {other(best.from), other(best.to)}};
    const auto is_there = [&](Path path) { return own.has(path.from) && has_set(peer, path.to); };
    const bool stays = is_there(present);
    for (const Path &path : by_rank) {
        if (stays && path == present)
            return present;
        if (is_there(path) && is_up(state, peer, path, sessions))
            return path;
    }
    return {own.in_use, peer.key_set};
}

Path path_in(const PathTable &paths, std::uint32_t vtep_be) {
    const auto found = paths.find(vtep_be);
    return found == paths.end() ? Path{} : Path::of_flags(found->second.flags);
}

PathTable paths_for(const DesiredState &state, const OwnSets &own, const PathTable &present,
                    const Sessions &sessions) {
    PathTable paths;
    for (const auto &[id, peer] : state.peers) {
        if (id == state.node.id)
            continue;
        const std::uint32_t vtep_be = state.vtep_of(id).v4_be();
        const coax_path path =
            choose_path(state, own, peer, path_in(present, vtep_be), sessions).to_abi();
        if (path.flags != 0)
            paths.emplace(vtep_be, path);
    }
    return paths;
}

} // namespace coax
