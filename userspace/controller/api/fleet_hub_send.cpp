// SPDX-License-Identifier: Apache-2.0
// The half of the hub that talks: messages, updates, and what time brings.
#include <algorithm>
#include <utility>

#include "controller/api/fleet_hub.h"
#include "lib/base/text.h"

namespace coax::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kRound{1};
constexpr seconds kPendingAlive{5};    // nothing was agreed on before the welcome
constexpr seconds kClosingPatience{5}; // for what is queued to be taken
constexpr int kSilentLeases = 4;       // then the stream is ended, too

} // namespace

void FleetHub::say(Session &session, const v1::ToAgent &message) {
    session.control.push_back({message.SerializeAsString(), nullptr, {}});
    pump(session);
}

void FleetHub::say_alive(Session &session) {
    v1::ToAgent message;
    message.mutable_alive()->set_store_id(store_id_);
    if (session.feed)
        message.mutable_alive()->set_revision(session.feed->revision().value());
    say(session, message);
}

void FleetHub::refuse(Session &session, std::string_view reason, const std::string &text,
                      std::uint32_t retry_seconds) {
    v1::Refused refused;
    refused.set_reason(std::string(reason));
    refused.set_text(text);
    refused.set_retry_seconds(retry_seconds);
    refuse(session, refused);
}

void FleetHub::refuse(Session &session, const v1::Refused &refused) {
    ++totals_.refusals[refused.reason()];
    if (const auto held_back = refusal_log_.admit())
        needs_.log.warn("agent.refused", {{"reason", refused.reason()},
                                          {"node", quoted(session.hello.name())},
                                          {"peer", session.link->peer()},
                                          {"text", refused.text()},
                                          {"held_back", *held_back}});
    v1::ToAgent message;
    *message.mutable_refused() = refused;
    session.feed.reset();
    session.control.push_back({message.SerializeAsString(), nullptr, {}});
    close(session);
}

/// What is queued is still sent.
void FleetHub::close(Session &session) {
    become(session, State::kClosing);
    pump(session);
}

void FleetHub::written(SessionId id) {
    Session *session = find(id);
    if (session == nullptr)
        return;
    session->writing = false;
    pump(*session);
}

void FleetHub::pump(Session &session) {
    if (session.writing)
        return;
    WireMessage message;
    if (!session.control.empty()) {
        message = std::move(session.control.front());
        session.control.pop_front();
    } else if (session.state == State::kClosing) {
        return session.link->finish();
    } else if (session.feed && !store_id_.empty() && session.feed->has_next(published_)) {
        const std::uint64_t updates = session.feed->updates();
        const std::uint64_t merged = session.feed->merged();
        message = session.feed->next(*source_, store_id_);
        totals_.updates += session.feed->updates() - updates;
        totals_.merged += session.feed->merged() - merged;
    } else {
        return;
    }
    session.writing = true;
    session.said = needs_.clock.monotonic_now();
    ++totals_.messages_sent;
    totals_.bytes_sent += message.bytes();
    session.link->write(std::move(message));
}

void FleetHub::start_feed(Session &session) {
    const bool goes_on = !store_id_.empty() && session.hello.store_id() == store_id_ &&
                         session.hello.revision() != 0;
    session.feed.emplace(needs_.keeper.view(), session.node,
                         goes_on ? std::optional(Revision(session.hello.revision()))
                                 : std::nullopt);
}

void FleetHub::flush_soon() {
    if (std::exchange(flush_scheduled_, true))
        return;
    flush_timer_.expires_after(options_.coalesce);
    flush_timer_.async_wait([this](asio::error_code error) {
        if (!error)
            flush();
    });
}

void FleetHub::flush() {
    flush_scheduled_ = false;
    published_ = needs_.keeper.view().now();
    for (const auto &[id, session] : sessions_)
        if (session->state == State::kWelcome)
            pump(*session);
}

void FleetHub::schedule_round() {
    round_timer_.expires_after(kRound);
    round_timer_.async_wait([this](asio::error_code error) {
        if (error)
            return;
        round();
        schedule_round();
    });
}

void FleetHub::round() {
    const auto now = needs_.clock.monotonic_now();
    for (const auto &[id, session] : sessions_)
        look_at(*session, now);
    for (auto node = lingering_.begin(); node != lingering_.end();) {
        if (now - node->second < options_.lease) {
            ++node;
            continue;
        }
        ++totals_.leases_expired;
        needs_.presence.drop(node->first);
        needs_.keeper.set_live(node->first, false);
        node = lingering_.erase(node);
        flush_soon();
    }
}

void FleetHub::look_at(Session &session, Session::TimePoint now) {
    const bool idle = !session.writing && session.control.empty();
    switch (session.state) {
    case State::kChallenged:
        if (now - session.state_since >= options_.hello_timeout)
            refuse(session, "timeout", "expected a hello within 10 s, found none");
        return;
    case State::kAdmitting:
        return;
    case State::kPending:
        if (idle && now - session.said >= std::min(options_.alive, kPendingAlive))
            say_alive(session);
        return;
    case State::kWelcome:
        break;
    case State::kClosing:
        if (now - session.state_since >= kClosingPatience)
            session.link->abort();
        return;
    }
    save(session);
    if (idle && now - session.said >= options_.alive)
        say_alive(session);
    if (session.live && now - session.heard >= options_.lease)
        lost(session);
    if (now - session.heard >= options_.lease * kSilentLeases)
        return session.link->abort();
    if (now >= session.leave_at)
        close(session);
}

} // namespace coax::controller
