// SPDX-License-Identifier: Apache-2.0
#include "controller/api/fleet_hub.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/text.h"

namespace coax::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kProgressBurst = 100;
constexpr milliseconds kProgressEvery{10};
constexpr std::uint32_t kLogBurst = 10;
constexpr seconds kLogEvery{6};
constexpr std::uint32_t kReplacedRetrySeconds = 10;

/// What the newer one does not say is still as the older one said.
void keep_older(v1::Report &newer, const v1::Report &older) {
    if (!newer.has_ports() && older.has_ports()) {
        newer.set_has_ports(true);
        *newer.mutable_ports() = older.ports();
    }
    if (!newer.has_refused() && older.has_refused()) {
        newer.set_has_refused(true);
        *newer.mutable_refused() = older.refused();
    }
    if (newer.revocations().empty())
        newer.set_revocations(older.revocations());
}

bool only_progress(const v1::Report &report) {
    return !report.has_ports() && !report.has_refused() && report.revocations().empty();
}

} // namespace

FleetHub::FleetHub(Needs needs, Options options)
    : needs_(std::move(needs)),
      options_(std::move(options)),
      source_(std::make_unique<UpdateSource>(needs_.keeper.view())),
      generation_(needs_.keeper.generation()),
      flush_timer_(needs_.loop),
      round_timer_(needs_.loop),
      progress_(needs_.clock, kProgressBurst, kProgressEvery),
      refusal_log_(needs_.clock, kLogBurst, kLogEvery) {
    schedule_round();
}

Session *FleetHub::find(SessionId id) {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second.get();
}

std::uint32_t FleetHub::spread_seconds(seconds within) const {
    return 1 + randombytes_uniform(static_cast<std::uint32_t>(within.count()));
}

void FleetHub::become(Session &session, State state) {
    const auto is_unfinished = [](State s) {
        return s == State::kChallenged || s == State::kAdmitting;
    };
    unfinished_ += is_unfinished(state) ? 1 : 0;
    unfinished_ -= is_unfinished(session.state) ? 1 : 0;
    session.state = state;
    session.state_since = needs_.clock.monotonic_now();
}

SessionId FleetHub::opened(std::shared_ptr<AgentLink> link) {
    const SessionId id(++last_session_);
    const auto per_message = std::chrono::nanoseconds(seconds(1)) / options_.messages_per_second;
    const RateLimiter rate(needs_.clock, options_.message_burst, per_message);
    Session &session =
        *sessions_.emplace(id, std::make_unique<Session>(id, std::move(link), rate)).first->second;
    ++unfinished_; // as is kChallenged
    become(session, State::kChallenged);
    session.heard = session.state_since;
    if (ending_ || sessions_.size() > options_.streams || unfinished_ > options_.unfinished) {
        refuse(session, "busy", "the controller serves as many agents as it may; come back later",
               spread_seconds(options_.leave_within));
        return id;
    }
    session.facts = {options_.network_id, std::string(kControlNonceBytes, '\0'),
                     options_.tls_certificate};
    randombytes_buf(session.facts.nonce.data(), kControlNonceBytes);
    v1::ToAgent message;
    v1::Challenge &challenge = *message.mutable_challenge();
    challenge.set_protocol(kControlProtocol);
    challenge.set_network_id(options_.network_id);
    challenge.set_nonce(session.facts.nonce);
    challenge.set_controller(options_.controller);
    say(session, message);
    session.link->read();
    return id;
}

void FleetHub::received(SessionId id, const v1::FromAgent &message) {
    Session *session = find(id);
    if (session == nullptr || session->state == State::kClosing)
        return;
    if (!session->rate.admit())
        return refuse(*session, "flooding",
                      fmt::format("expected at most {} messages a second, {} at once, found more",
                                  options_.messages_per_second, options_.message_burst),
                      spread_seconds(options_.lease));
    heard(*session);
    const bool welcome = session->state == State::kWelcome;
    if (message.has_hello() && session->state == State::kChallenged)
        return on_hello(*session, message.hello());
    if (message.has_announce() && welcome) {
        session->unsaved_announce = message.announce();
        save(*session);
    } else if (message.has_report() && welcome) {
        on_report(*session, message.report());
    } else if (!message.has_alive() || session->state == State::kChallenged) {
        return refuse(*session, "out_of_order",
                      "expected a hello first, and announces and reports after the welcome; the "
                      "agent may be of another version");
    }
    session->link->read();
}

void FleetHub::received_garbage(SessionId id, std::string_view reason, const std::string &text) {
    Session *session = find(id);
    if (session != nullptr && session->state != State::kClosing)
        refuse(*session, reason, text, spread_seconds(options_.lease));
}

void FleetHub::on_hello(Session &session, const v1::Hello &hello) {
    session.hello = hello;
    become(session, State::kAdmitting);
    judge(session);
    session.link->read(); // of a patient agent nothing comes; of one that leaves, its end
}

void FleetHub::judge(Session &session) {
    needs_.work([this, &desk = needs_.desk, id = session.id, hello = session.hello,
                 facts = session.facts]() -> std::function<void()> {
        const auto verdict = std::make_shared<const DeskAnswer>(desk.admit(hello, facts));
        return [this, id, verdict] { judged(id, *verdict); };
    });
}

void FleetHub::judged(SessionId id, const DeskAnswer &verdict) {
    Session *session = find(id);
    if (session == nullptr || session->state != State::kAdmitting)
        return;
    if (const auto *refused = std::get_if<v1::Refused>(&verdict))
        return refuse(*session, *refused);
    if (const auto *message = std::get_if<v1::Welcome>(&verdict))
        return welcome(*session, *message);
    become(*session, State::kPending);
    if (std::exchange(session->judge_again, false)) {
        become(*session, State::kAdmitting);
        return judge(*session);
    }
    v1::ToAgent message;
    *message.mutable_pending() = std::get<v1::Pending>(verdict);
    say(*session, message);
}

void FleetHub::welcome(Session &session, const v1::Welcome &message) {
    session.node = NodeId(message.node_id());
    session.certificate =
        message.certificate().empty() ? session.hello.certificate() : message.certificate();
    replace_older(session);
    by_node_[session.node] = session.id;
    lingering_.erase(session.node);
    become(session, State::kWelcome);
    ++totals_.welcomes;
    heard(session);
    v1::ToAgent out;
    *out.mutable_welcome() = message;
    say(session, out);
    start_feed(session);
    pump(session);
    needs_.log.debug("agent.welcome", {{"node", message.name()}, {"id", session.node}});
}

void FleetHub::replace_older(const Session &session) {
    const auto found = by_node_.find(session.node);
    if (found == by_node_.end() || found->second == session.id)
        return;
    Session *older = find(found->second);
    by_node_.erase(found);
    if (older == nullptr)
        return;
    if (const auto held_back = refusal_log_.admit())
        needs_.log.warn("agent.second_stream", {{"node", session.hello.name()},
                                                {"peer", session.link->peer()},
                                                {"before", older->link->peer()},
                                                {"held_back", *held_back}});
    refuse(*older, "replaced",
           fmt::format("the same node has another stream, from {}; if it is not this agent, two "
                       "machines have the same identity",
                       session.link->peer()),
           kReplacedRetrySeconds);
}

void FleetHub::on_report(Session &session, v1::Report message) {
    if (session.unsaved_report)
        keep_older(message, *session.unsaved_report);
    session.unsaved_report = std::move(message);
    save(session);
}

/// Writes down what the agent said last, one thing at a time; what comes meanwhile replaces what was
/// not begun.
void FleetHub::save(Session &session) {
    if (session.saving || session.state != State::kWelcome)
        return;
    if (session.unsaved_announce)
        return save_announce(session);
    if (session.unsaved_report && (!only_progress(*session.unsaved_report) || progress_.admit()))
        save_report(session);
}

void FleetHub::save_announce(Session &session) {
    session.saving = true;
    const auto message = std::make_shared<const v1::Announce>(
        *std::exchange(session.unsaved_announce, std::nullopt));
    needs_.work([this, &desk = needs_.desk, id = session.id, node = session.node,
                 message]() -> std::function<void()> {
        return [this, id, message, refused = desk.announce(node, *message)] {
            Session *current = find(id);
            const bool later = refused && refused->reason() == kStoreUnavailable;
            if (current != nullptr && later && !current->unsaved_announce)
                current->unsaved_announce = *message;
            saved(id, refused);
        };
    });
}

void FleetHub::save_report(Session &session) {
    session.saving = true;
    const auto message =
        std::make_shared<const v1::Report>(*std::exchange(session.unsaved_report, std::nullopt));
    needs_.work([this, &desk = needs_.desk, id = session.id, node = session.node,
                 message]() -> std::function<void()> {
        return [this, id, message, refused = desk.report(node, *message)] {
            Session *current = find(id);
            if (current != nullptr && refused && refused->reason() == kStoreUnavailable) {
                v1::Report newest = current->unsaved_report.value_or(*message);
                keep_older(newest, *message);
                current->unsaved_report = std::move(newest);
            }
            saved(id, refused);
        };
    });
}

void FleetHub::saved(SessionId id, const std::optional<v1::Refused> &refused) {
    Session *session = find(id);
    if (session == nullptr)
        return;
    session->saving = false;
    if (!refused)
        return save(*session);
    if (refused->reason() != kStoreUnavailable)
        return refuse(*session, *refused);
    ++totals_.refusals[refused->reason()]; // the next round tries again
}

void FleetHub::heard(Session &session) {
    session.heard = needs_.clock.monotonic_now();
    if (session.state != State::kWelcome || (session.live && session.owns_key))
        return;
    session.live = true;
    session.owns_key = true;
    needs_.keeper.set_live(session.node, true);
    needs_.presence.take(session.node);
}

void FleetHub::lost(Session &session) {
    session.live = false;
    ++totals_.leases_expired;
    needs_.log.info("agent.silent", {{"node", session.hello.name()},
                                     {"id", session.node},
                                     {"lease_s", options_.lease.count()}});
    needs_.presence.drop(session.node);
    needs_.keeper.set_live(session.node, false);
    flush_soon();
}

void FleetHub::closed(SessionId id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return;
    Session &session = *found->second;
    const auto current = by_node_.find(session.node);
    if (current != by_node_.end() && current->second == id) {
        by_node_.erase(current);
        if (session.live)
            lingering_[session.node] = session.heard;
    }
    become(session, State::kClosing); // not unfinished
    sessions_.erase(found);
}

void FleetHub::changed(const ModelChange &change) {
    if (needs_.keeper.generation() != generation_)
        begin_anew();
    store_id_ = needs_.keeper.store_id();
    for (const NodeId id : change.online) {
        const auto online = needs_.keeper.model().online().find(id);
        const bool present = online != needs_.keeper.model().online().end();
        const bool ours = present && online->second.controller() == options_.controller;
        if (const auto found = by_node_.find(id); found != by_node_.end())
            find(found->second)->owns_key = ours;
        else if (present && !ours && lingering_.erase(id) != 0)
            needs_.keeper.set_live(id, false); // it is another controller's now
    }
    judge_pending(change);
    flush_soon();
}

/// Approved, or turned away, by whichever controller.
void FleetHub::judge_pending(const ModelChange &change) {
    if (change.nodes.empty() && change.pending.empty())
        return;
    std::set<std::string> names = change.pending;
    for (const NodeId id : change.nodes) {
        const auto found = by_node_.find(id);
        Session *session = found == by_node_.end() ? nullptr : find(found->second);
        if (const record::Node *node = needs_.keeper.model().node(id)) {
            names.insert(node->name());
            if (session != nullptr && node->certificate() != session->certificate)
                leave_soon(*session); // the welcome brings the new one
        } else if (session != nullptr) {
            refuse(*session, "removed", "an operator removed the node from the cluster",
                   spread_seconds(options_.lease));
        }
    }
    for (const auto &[id, session] : sessions_) {
        if (!names.contains(session->hello.name()))
            continue;
        if (session->state == State::kPending) {
            become(*session, State::kAdmitting);
            judge(*session);
        } else if (session->state == State::kAdmitting) {
            session->judge_again = true;
        }
    }
}

/// The stream ends, and the agent comes with a hello.
void FleetHub::leave_soon(Session &session) {
    const auto within = static_cast<std::uint32_t>(milliseconds(options_.leave_within).count());
    session.leave_at = std::min(session.leave_at, needs_.clock.monotonic_now() +
                                                      milliseconds(randombytes_uniform(within)));
}

/// Another store: what agents were told of the old one does not continue. They come with a hello, and
/// so write themselves down again.
void FleetHub::begin_anew() {
    generation_ = needs_.keeper.generation();
    source_ = std::make_unique<UpdateSource>(needs_.keeper.view());
    published_ = {};
    for (const auto &[id, session] : sessions_) {
        session->feed.reset();
        leave_soon(*session);
    }
    if (!sessions_.empty())
        needs_.log.warn("store.began_anew",
                        {{"agents", sessions_.size()}, {"text", "they are asked to come again"}});
}

void FleetHub::end_all(const std::string &why) {
    ending_ = true;
    for (const auto &[id, session] : sessions_)
        if (session->state != State::kClosing)
            refuse(*session, "stopping", why);
}

FleetCounts FleetHub::counts() const {
    FleetCounts counts = totals_;
    counts.agents = by_node_.size();
    counts.unfinished = unfinished_;
    for (const auto &[id, session] : sessions_)
        counts.pending += session->state == State::kPending ? 1 : 0;
    return counts;
}

} // namespace coax::controller
