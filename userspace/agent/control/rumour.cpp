// SPDX-License-Identifier: Apache-2.0
#include "agent/control/rumour.h"

#include <algorithm>
#include <span>
#include <utility>

#include <sodium.h>

#include "lib/trust/revocation_list.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kTellPeriod{60};
constexpr std::int64_t kTellsPerSecond = 20; // however many peers there are
// Below the pace at which a data path drops mail, and so that a list of the largest size takes two
// minutes.
constexpr milliseconds kAnswerPause{400};
constexpr milliseconds kAskPause{450};
constexpr seconds kPatience{1}; // for parts that were asked for
constexpr std::uint32_t kRetriesMax = 5;
constexpr seconds kPatienceMin{60};        // for a whole list, and its size over this:
constexpr std::uint32_t kSlowest = 10'000; // bytes a second
constexpr std::chrono::minutes kAvoid{10};

std::array<std::uint8_t, 32> digest_of(std::string_view bytes) {
    std::array<std::uint8_t, 32> digest{};
    static_assert(sizeof(digest) == crypto_hash_sha256_BYTES);
    crypto_hash_sha256(digest.data(), bytes_of(bytes), bytes.size());
    return digest;
}

} // namespace

Rumour::Rumour(Mail &mail, const Clock &clock, Take take, std::uint64_t seed)
    : mail_(mail), clock_(clock), take_(std::move(take)), random_(seed) {}

void Rumour::set_list(std::uint64_t version, std::string_view bytes) {
    if (version == head_.version)
        return;
    bytes_ = bytes;
    head_ = {version, static_cast<std::uint32_t>(bytes.size()), digest_of(bytes)};
    for (auto &[id, peer] : peers_)
        peer.tell_at = clock_.monotonic_now();
    std::erase_if(fetches_,
                  [&](const auto &entry) { return entry.second.head.version <= version; });
}

void Rumour::set_peers(const std::set<NodeId> &peers) {
    std::erase_if(peers_, [&](const auto &entry) { return !peers.contains(entry.first); });
    for (const NodeId id : peers)
        peers_.try_emplace(id, Peer{clock_.monotonic_now()});
    std::erase_if(fetches_, [&](const auto &entry) { return !peers.contains(entry.first); });
}

void Rumour::heard(NodeId from, Mail::Text text) {
    const auto peer = peers_.find(from);
    if (peer == peers_.end())
        return;
    const auto message = decode_rumour(text);
    if (!message.ok())
        return; // of a later version, or a mistake of its sender: nothing depends on it
    if (const auto *head = std::get_if<RumourHead>(&*message))
        heard_head(from, peer->second, *head);
    else if (const auto *ask = std::get_if<RumourAsk>(&*message))
        heard_ask(from, peer->second, *ask);
    else
        heard_part(from, std::get<RumourPart>(*message));
}

void Rumour::heard_head(NodeId from, Peer &peer, const RumourHead &head) {
    const TimePoint now = clock_.monotonic_now();
    if (head.version < head_.version) {
        peer.tell_at = std::min(peer.tell_at, now);
        return;
    }
    if (head.version == head_.version || head.size == 0 || head.size > kRevocationBytesMax ||
        now < peer.avoid_until || fetches_.contains(from) || fetches_.size() >= kFetchesMax)
        return; // it is told again
    Fetch &fetch = fetches_[from];
    fetch.head = head;
    fetch.give_up_at = now + kPatienceMin + seconds(head.size / kSlowest);
    ask(from, fetch);
}

void Rumour::heard_ask(NodeId from, Peer &peer, const RumourAsk &ask) {
    const TimePoint now = clock_.monotonic_now();
    if (ask.version != head_.version || ask.offset >= bytes_.size() ||
        now - peer.answered_at < kAnswerPause)
        return;
    peer.answered_at = now;
    std::size_t offset = ask.offset;
    for (std::uint32_t i = 0; i < kPartsPerAsk && offset < bytes_.size(); ++i) {
        const std::string part = bytes_.substr(offset, kPartBytes);
        if (!send(from, RumourPart{head_.version, static_cast<std::uint32_t>(offset), part}))
            return; // it asks again
        offset += part.size();
    }
}

void Rumour::heard_part(NodeId from, const RumourPart &part) {
    const auto found = fetches_.find(from);
    if (found == fetches_.end())
        return;
    Fetch &fetch = found->second;
    const std::size_t index = part.offset / kPartBytes;
    if (part.version != fetch.head.version || part.offset % kPartBytes != 0 ||
        part.offset >= fetch.bytes.size() || fetch.came[index] ||
        part.bytes.size() != std::min(kPartBytes, fetch.bytes.size() - part.offset))
        return;
    fetch.bytes.replace(part.offset, part.bytes.size(), part.bytes);
    fetch.came[index] = true;
    fetch.retries = 0;
    while (fetch.next < fetch.came.size() && fetch.came[fetch.next])
        ++fetch.next;
    if (fetch.next * kPartBytes < fetch.head.size)
        return;
    const Fetch done = std::move(fetch);
    fetches_.erase(found);
    finish(from, done);
}

void Rumour::finish(NodeId from, const Fetch &fetch) {
    if (digest_of(fetch.bytes) != fetch.head.digest || !take_(from, fetch.bytes))
        avoid(from);
}

void Rumour::avoid(NodeId peer) {
    if (const auto found = peers_.find(peer); found != peers_.end())
        found->second.avoid_until = clock_.monotonic_now() + kAvoid;
}

void Rumour::ask(NodeId from, Fetch &fetch) {
    const std::size_t begin = fetch.next * kPartBytes;
    fetch.asked_at = clock_.monotonic_now();
    fetch.bytes.resize(std::min<std::size_t>(begin + kPartsPerAsk * kPartBytes, fetch.head.size));
    fetch.came.resize((fetch.bytes.size() + kPartBytes - 1) / kPartBytes);
    send(from, RumourAsk{fetch.head.version, static_cast<std::uint32_t>(begin)});
}

bool Rumour::keep_asking(NodeId from, Fetch &fetch) {
    const TimePoint now = clock_.monotonic_now();
    const bool all_came = fetch.next == fetch.came.size();
    if (now - fetch.asked_at < (all_came ? nanoseconds(kAskPause) : nanoseconds(kPatience)))
        return true;
    if (now >= fetch.give_up_at || (!all_came && ++fetch.retries > kRetriesMax))
        return false;
    ask(from, fetch);
    return true;
}

void Rumour::tick() {
    for (auto it = fetches_.begin(); it != fetches_.end();) {
        if (keep_asking(it->first, it->second)) {
            ++it;
            continue;
        }
        avoid(it->first);
        it = fetches_.erase(it);
    }
    const TimePoint now = clock_.monotonic_now();
    std::size_t told = 0;
    for (auto &[id, peer] : peers_) {
        if (peer.tell_at > now)
            continue;
        if (++told > kTellsPerTick)
            break; // those with the lowest numbers are not told again for a while: others' turn
        tell(id, peer);
    }
}

void Rumour::tell(NodeId to, Peer &peer) {
    peer.tell_at = clock_.monotonic_now() + period();
    send(to, head_); // a peer that is not reachable now is told again like all others
}

bool Rumour::send(NodeId to, const RumourMessage &message) {
    const std::string bytes = encode(message);
    return mail_.send(to, std::as_bytes(std::span(bytes))).ok();
}

nanoseconds Rumour::period() {
    const seconds spread(static_cast<std::int64_t>(peers_.size()) / kTellsPerSecond);
    const nanoseconds base = std::max(kTellPeriod, spread);
    return base / 2 +
           nanoseconds(std::uniform_int_distribution<nanoseconds::rep>(0, base.count())(random_));
}

} // namespace coax
