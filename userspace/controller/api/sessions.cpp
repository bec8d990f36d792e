// SPDX-License-Identifier: Apache-2.0
#include "controller/api/sessions.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/trust/wire.h"

namespace coax::controller {
namespace {

constexpr std::size_t kSessionBytes = 32;
constexpr int kEncoding = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::string_view kBearer = "Bearer ";

Error refuse(std::string text) {
    return {ErrorCode::kPermission, std::move(text)};
}

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
    std::array<std::uint8_t, N> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

std::array<std::uint8_t, 32> hash_of(std::string_view session) {
    std::array<std::uint8_t, 32> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(session), session.size());
    return hash;
}

/// Without what is over; then room for one more: the one that ends first goes.
template <typename Map, typename Until>
void make_room(Map &map, std::size_t most, std::chrono::steady_clock::time_point now, Until until) {
    std::erase_if(map, [&](const auto &item) { return until(item.second) <= now; });
    if (map.size() >= most)
        map.erase(std::min_element(map.begin(), map.end(), [&](const auto &a, const auto &b) {
            return until(a.second) < until(b.second);
        }));
}

} // namespace

v1::Challenge Sessions::challenge() {
    const auto bytes = random_bytes<kControlNonceBytes>();
    v1::Challenge challenge;
    challenge.set_protocol(kControlProtocol);
    challenge.set_network_id(options_.network_id);
    challenge.set_nonce(std::string(text_of(bytes)));
    challenge.set_controller(options_.controller);
    const Time now = clock_.monotonic_now();
    state_.with([&](State &state) {
        make_room(state.nonces, kNoncesMax, now, [](Time until) { return until; });
        state.nonces.emplace(challenge.nonce(), now + kNonceLife);
    });
    return challenge;
}

bool Sessions::take_nonce(const std::string &nonce) {
    const Time now = clock_.monotonic_now();
    return state_.with([&](State &state) {
        const auto found = state.nonces.find(nonce);
        if (found == state.nonces.end())
            return false;
        const bool in_time = now < found->second;
        state.nonces.erase(found);
        return in_time;
    });
}

Result<v1::Session> Sessions::log_in(const v1::LogInRequest &request) {
    SshPublicKey key;
    if (request.public_key().size() != key.bytes.size())
        return Error(ErrorCode::kInvalid,
                     fmt::format("public_key: expected {} bytes, found {}", key.bytes.size(),
                                 request.public_key().size()));
    std::copy(request.public_key().begin(), request.public_key().end(), key.bytes.begin());
    if (!take_nonce(request.nonce()))
        return refuse(fmt::format("the challenge is not one of this controller's, was used, or is "
                                  "older than {} s: log in again",
                                  kNonceLife.count()));
    const ChallengeFacts facts{options_.network_id, request.nonce(), options_.tls_certificate};
    const Status proof = check_proof(request.proof(), facts, "", kLogInNamespace, key);
    if (!proof.ok())
        return refuse(proof.error().message());
    COAX_ASSIGN_OR_RETURN(const auto found, file_.find(key));
    if (!found)
        return refuse(fmt::format("the key {} is not in the controller's file of operators: add "
                                  "it there, or log in with another",
                                  key.fingerprint()));
    v1::Session session;
    session.set_session(open_session(key));
    session.set_role(std::string(role_name(found->role)));
    session.set_who(found->who);
    session.set_valid_seconds(static_cast<std::uint32_t>(kSessionLife.count()));
    return session;
}

std::string Sessions::open_session(const SshPublicKey &key) {
    const auto bytes = random_bytes<kSessionBytes>();
    std::string text(sodium_base64_ENCODED_LEN(kSessionBytes, kEncoding), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kEncoding);
    text.pop_back(); // the end of a C string
    const Time now = clock_.monotonic_now();
    const auto until = [](const Entry &entry) { return entry.until; };
    state_.with([&](State &state) {
        make_room(state.sessions, kSessionsMax, now, until);
        // One key that logs in all the time does not push the others out.
        std::map<SessionHash, Entry> own;
        for (const auto &[hash, entry] : state.sessions)
            if (entry.key == key)
                own.emplace(hash, entry);
        if (own.size() >= kSessionsOfKeyMax)
            state.sessions.erase(
                std::min_element(own.begin(), own.end(), [](const auto &a, const auto &b) {
                    return a.second.until < b.second.until;
                })->first);
        state.sessions.emplace(hash_of(text), Entry{key, now + kSessionLife});
    });
    return text;
}

Result<Caller> Sessions::caller(std::string_view authorization) {
    if (!authorization.starts_with(kBearer))
        return refuse("expected \"authorization: Bearer SESSION\" in the metadata: log in first");
    const SessionHash hash = hash_of(authorization.substr(kBearer.size()));
    const Time now = clock_.monotonic_now();
    const auto key = state_.with([&](State &state) {
        const auto found = state.sessions.find(hash);
        return found == state.sessions.end() || found->second.until <= now
                   ? std::nullopt
                   : std::optional(found->second.key);
    });
    if (!key)
        return refuse("the session is over, or of another controller: log in again");
    COAX_ASSIGN_OR_RETURN(const auto entry, file_.find(*key));
    if (!entry)
        return refuse("the key of this session is no longer in the file of operators");
    return Caller{fmt::format("{} {}", role_name(entry->role), entry->who), entry->role};
}

} // namespace coax::controller
