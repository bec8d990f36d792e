// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "controller/api/agent_link.h"
#include "controller/distribution/feed.h"
#include "lib/base/clock.h"
#include "lib/base/rate_limiter.h"
#include "lib/control/hello.h"

namespace coax::controller {

using SessionId = StrongInt<struct SessionIdTag, std::uint64_t>; // never given out twice

/// What the hub knows of one stream.
struct Session {
    enum class State {
        kChallenged, // no hello yet
        kAdmitting,  // the hello is being judged
        kPending,    // waits for an operator
        kWelcome,
        kClosing, // nothing more is read; what is queued is still sent
    };
    using TimePoint = std::chrono::steady_clock::time_point;

    Session(SessionId number, std::shared_ptr<AgentLink> carrier, RateLimiter allowance)
        : id(number), link(std::move(carrier)), rate(allowance) {}

    SessionId id;
    std::shared_ptr<AgentLink> link;
    State state = State::kChallenged;
    TimePoint state_since;
    RateLimiter rate; // of messages
    ChallengeFacts facts;
    v1::Hello hello;
    NodeId node;
    std::string certificate;         // of the node, as it has it
    std::deque<WireMessage> control; // to be sent before updates
    bool writing = false;
    bool judge_again = false; // of kAdmitting: something changed meanwhile
    bool saving = false;      // one of the next two is being written down
    std::optional<v1::Announce> unsaved_announce;
    std::optional<v1::Report> unsaved_report;
    TimePoint heard;
    TimePoint said;
    bool live = false;                     // heard within the lease
    bool owns_key = true;                  // of its presence, as the store has it
    std::optional<Feed> feed;              // of kWelcome
    TimePoint leave_at = TimePoint::max(); // when it is asked to come anew
};

} // namespace coax::controller
