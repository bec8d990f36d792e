// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include "agent/peers/key_state.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/base/types.h"
#include "lib/base/vtep.h"

namespace coax {

/// The private keys of this node's lanes, read (or made) once and then kept in memory: the set in use
/// and, while they change, the next one.
/// One loop. Files: lane<N>.key of the first and lane<N>.second.key of the second set, and `state`,
/// which says which set is in use; replacing that one file begins and ends a change. Failure: a file
/// with a wrong mode or content is an error of ensure(), nothing is changed.
class Keyring {
  public:
    Keyring(std::filesystem::path directory, const Clock &clock)
        : directory_(std::move(directory)), clock_(clock) {}

    /// Keys of the lanes [0, lanes) are there afterwards, in each set there is.
    Status ensure(std::uint32_t lanes);
    /// Makes the next set, and remembers that the change has begun. kExists while one goes on.
    Status begin_change();
    /// The next set is the one in use; what was in use is forgotten, also on the disk: an error that
    /// comes after that names what could not be removed.
    Status end_change();

    [[nodiscard]] const KeyState &state() const { return state_; }
    [[nodiscard]] KeySet in_use() const { return state_.in_use; }
    [[nodiscard]] bool changing() const { return state_.changing; }
    [[nodiscard]] bool has(KeySet set) const { return set == state_.in_use || state_.changing; }
    /// Lanes that have keys, in each set there is.
    [[nodiscard]] std::uint32_t size() const;
    [[nodiscard]] const PrivateKey &private_key(KeySet set, std::uint32_t lane) const {
        return of(set)[lane].secret;
    }
    [[nodiscard]] const PublicKey &public_key(KeySet set, std::uint32_t lane) const {
        return of(set)[lane].shown;
    }

  private:
    struct LaneKey {
        PrivateKey secret;
        PublicKey shown;
    };
    using LaneKeys = std::vector<LaneKey>;

    [[nodiscard]] const LaneKeys &of(KeySet set) const {
        return keys_[static_cast<std::size_t>(set)];
    }
    Status load_state();
    Status extend(KeySet set, std::uint32_t lanes);
    [[nodiscard]] Status remove_files(KeySet set) const;

    std::filesystem::path directory_;
    const Clock &clock_;
    bool loaded_ = false;
    KeyState state_;
    std::array<LaneKeys, kKeySets.size()> keys_;
};

} // namespace coax
