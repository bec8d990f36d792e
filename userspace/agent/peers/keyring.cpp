// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/keyring.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/wireguard/wireguard.h"

namespace coax {
namespace {

constexpr std::string_view kStateFile = "state";

} // namespace

Status Keyring::ensure(std::uint32_t lanes) {
    COAX_TRY(load_state());
    for (const KeySet set : kKeySets)
        if (has(set))
            COAX_TRY(extend(set, lanes));
    return {};
}

// A node that has none has used its keys since an agent that did not change them.
Status Keyring::load_state() {
    if (loaded_)
        return {};
    COAX_ASSIGN_OR_RETURN(const auto read, read_key_state(directory_ / kStateFile));
    if (read) {
        state_ = *read;
        loaded_ = true;
        return {};
    }
    if (std::filesystem::exists(directory_ / lane_key_file(0, KeySet::kSecond)))
        return Error(ErrorCode::kNotFound,
                     fmt::format("{} is missing beside keys of the second set: put it back, or "
                                 "remove all of {} to have new keys",
                                 (directory_ / kStateFile).string(), directory_.string()));
    COAX_TRY(extend(KeySet::kFirst, 1)); // makes the directory
    state_.since = std::chrono::floor<std::chrono::seconds>(clock_.system_now());
    // A full disk is no reason to stop here: the next start writes it, and a change would say so.
    static_cast<void>(write_key_state(directory_ / kStateFile, state_).ok());
    loaded_ = true;
    return {};
}

Status Keyring::extend(KeySet set, std::uint32_t lanes) {
    LaneKeys &keys = keys_[static_cast<std::size_t>(set)];
    while (keys.size() < lanes) {
        const auto lane = static_cast<std::uint32_t>(keys.size());
        COAX_ASSIGN_OR_RETURN(PrivateKey key, load_or_create_key(directory_.string(), lane, set));
        const PublicKey shown = public_key_of(key);
        keys.push_back({std::move(key), shown});
    }
    return {};
}

Status Keyring::begin_change() {
    if (state_.changing)
        return Error(ErrorCode::kExists, "a change of the lane keys goes on already");
    const KeySet next = other(state_.in_use);
    COAX_TRY(remove_files(next)); // of a change whose end was cut short: those keys are old
    keys_[static_cast<std::size_t>(next)].clear();
    COAX_TRY(extend(next, size()));
    KeyState begun = state_;
    begun.changing = true;
    begun.since = std::chrono::floor<std::chrono::seconds>(clock_.system_now());
    COAX_TRY(write_key_state(directory_ / kStateFile, begun));
    state_ = begun;
    return {};
}

Status Keyring::end_change() {
    if (!state_.changing)
        return Error(ErrorCode::kNotFound, "no change of the lane keys goes on");
    const KeySet old = state_.in_use;
    KeyState ended = state_;
    ended.in_use = other(old);
    ended.changing = false;
    ended.since = std::chrono::floor<std::chrono::seconds>(clock_.system_now());
    COAX_TRY(write_key_state(directory_ / kStateFile, ended));
    state_ = ended;
    keys_[static_cast<std::size_t>(old)].clear();
    return remove_files(old);
}

Status Keyring::remove_files(KeySet set) const {
    for (std::uint32_t lane = 0; lane < COAX_LANES_MAX; ++lane) {
        const std::filesystem::path file = directory_ / lane_key_file(lane, set);
        std::error_code failed;
        std::filesystem::remove(file, failed);
        if (failed)
            return Error::from_errno("remove the old key " + file.string(), failed.value());
    }
    return {};
}

std::uint32_t Keyring::size() const {
    std::size_t lanes = of(in_use()).size();
    if (changing())
        lanes = std::min(lanes, of(other(in_use())).size());
    return static_cast<std::uint32_t>(lanes);
}

} // namespace coax
