// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "controller/api/fleet_counts.h"
#include "controller/api/fleet_desk.h"
#include "controller/api/session.h"
#include "controller/distribution/update_source.h"
#include "controller/distribution/view_keeper.h"
#include "controller/leases/presence.h"
#include "lib/base/log.h"

namespace coax::controller {

/// All streams of agents of this controller: challenge, admission, updates, presence.
/// Runs on the event loop; what blocks is handed to `work`. What `needs` refers to outlives it.
/// A stream has one message under way at a time: the next is read when it was dealt with, so a
/// client that sends too much waits in the network, and is refused when it goes on.
class FleetHub {
  public:
    struct Options {
        std::string network_id;
        std::string controller;      // name, for logs of the agents
        std::string tls_certificate; // DER
        std::chrono::seconds lease{30};
        std::chrono::seconds alive{10};
        std::chrono::seconds hello_timeout{10};
        std::chrono::milliseconds coalesce{20};
        std::chrono::seconds leave_within{10}; // streams that must come anew end spread over that
        std::size_t streams = 10'000;
        std::size_t unfinished = 2'000; // without an admission
        std::uint32_t messages_per_second = 20;
        std::uint32_t message_burst = 100;
    };
    /// Runs `job` in a thread that may block, then `done` on the loop.
    using Work = std::function<void(std::function<std::function<void()>()> job)>;
    struct Needs {
        asio::io_context &loop;
        const Clock &clock;
        Log log;
        FleetDesk &desk;
        ViewKeeper &keeper;
        Presence &presence;
        Work work;
    };
    FleetHub(Needs needs, Options options);
    FleetHub(const FleetHub &) = delete;
    FleetHub &operator=(const FleetHub &) = delete;
    ~FleetHub() = default;

    // From the links.
    SessionId opened(std::shared_ptr<AgentLink> link);
    void received(SessionId id, const v1::FromAgent &message);
    /// What came is no message, or too large.
    void received_garbage(SessionId id, std::string_view reason, const std::string &text);
    void written(SessionId id);
    void closed(SessionId id);

    /// The store has changed, and the keeper knows it.
    void changed(const ModelChange &change);
    /// Ends every stream, for a shutdown: with where to go on.
    void end_all(const std::string &why);
    [[nodiscard]] FleetCounts counts() const;
    [[nodiscard]] const UpdateSource::Counts &builds() const { return source_->counts(); }
    [[nodiscard]] bool empty() const { return sessions_.empty(); }

  private:
    using State = Session::State;

    Session *find(SessionId id);
    void on_hello(Session &session, const v1::Hello &hello);
    void judge(Session &session);
    void judged(SessionId id, const DeskAnswer &verdict);
    void welcome(Session &session, const v1::Welcome &message);
    void replace_older(const Session &session);
    void on_report(Session &session, v1::Report message);
    void save(Session &session);
    void save_announce(Session &session);
    void save_report(Session &session);
    void saved(SessionId id, const std::optional<v1::Refused> &refused);

    void heard(Session &session);
    void lost(Session &session);
    void say(Session &session, const v1::ToAgent &message);
    void say_alive(Session &session);
    void refuse(Session &session, const v1::Refused &refused);
    void refuse(Session &session, std::string_view reason, const std::string &text,
                std::uint32_t retry_seconds = 0);
    void close(Session &session);
    void become(Session &session, State state);
    void pump(Session &session);
    void flush_soon();
    void flush();
    void start_feed(Session &session);
    void begin_anew();
    void leave_soon(Session &session);
    void schedule_round();
    void round();
    void look_at(Session &session, Session::TimePoint now);
    void judge_pending(const ModelChange &change);
    [[nodiscard]] std::uint32_t spread_seconds(std::chrono::seconds within) const;

    Needs needs_;
    const Options options_;
    std::unique_ptr<UpdateSource> source_;
    std::uint64_t generation_;
    std::string store_id_;
    Position published_;
    std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
    std::unordered_map<NodeId, SessionId> by_node_; // with a welcome
    std::uint64_t last_session_ = 0;
    asio::steady_timer flush_timer_;
    asio::steady_timer round_timer_;
    bool flush_scheduled_ = false;
    bool ending_ = false;
    std::uint64_t unfinished_ = 0;
    FleetCounts totals_;
    std::unordered_map<NodeId, Session::TimePoint> lingering_; // streams ended: last heard
    RateLimiter progress_; // reports that only say how far an agent is
    RateLimiter refusal_log_;
};

} // namespace coax::controller
