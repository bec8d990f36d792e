// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/control/rumour_message.h"
#include "agent/mail/mail.h"
#include "lib/base/clock.h"

namespace coax {

/// Revocation lists from agent to agent, through the tunnels: a list that one of them has reaches all
/// that reach each other, whatever controllers keep back. Every peer is told the version from time to
/// time and at once when there is a new one; who has an older one asks for the parts.
/// What comes is not believed here: `take` verifies. A peer can waste so many messages a second, and
/// its lists are not asked for again for a while once one did not verify.
/// Runs on the event loop; time passes in tick(), called twice a second.
class Rumour {
  public:
    static constexpr std::size_t kPartBytes = 1000;
    static constexpr std::uint32_t kPartsPerAsk = 16;
    static constexpr std::size_t kTellsPerTick = 50;
    static constexpr std::size_t kFetchesMax = 4; // at once: one peer that is slow holds up nobody

    /// A whole list, with the digest that the peer named. False: it did not verify.
    using Take = std::function<bool(NodeId from, const std::string &bytes)>;

    /// `mail` and `clock` outlive it. `seed`: another one in every agent.
    Rumour(Mail &mail, const Clock &clock, Take take, std::uint64_t seed);

    /// The list in force, as signed; tells everybody when it is another one.
    void set_list(std::uint64_t version, std::string_view bytes);
    void set_peers(const std::set<NodeId> &peers);
    void heard(NodeId from, Mail::Text text);
    void tick();

    [[nodiscard]] std::size_t fetches() const { return fetches_.size(); }

  private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Peer {
        TimePoint tell_at;       // when it is told the version again
        TimePoint answered_at{}; // parts were sent
        TimePoint avoid_until{}; // what it has did not verify, or did not come
    };
    struct Fetch {
        RumourHead head;
        std::string bytes;      // as far as they were asked for
        std::vector<bool> came; // the parts of these
        std::size_t next = 0;   // all parts before it came
        std::uint32_t retries = 0;
        TimePoint asked_at;
        TimePoint give_up_at;
    };

    void heard_head(NodeId from, Peer &peer, const RumourHead &head);
    void heard_ask(NodeId from, Peer &peer, const RumourAsk &ask);
    void heard_part(NodeId from, const RumourPart &part);
    void tell(NodeId to, Peer &peer);
    void ask(NodeId from, Fetch &fetch);
    /// False: it is given up.
    bool keep_asking(NodeId from, Fetch &fetch);
    void finish(NodeId from, const Fetch &fetch);
    void avoid(NodeId peer);
    bool send(NodeId to, const RumourMessage &message);
    [[nodiscard]] std::chrono::nanoseconds period();

    Mail &mail_;
    const Clock &clock_;
    Take take_;
    std::mt19937_64 random_;
    RumourHead head_; // of the list in force
    std::string bytes_;
    std::map<NodeId, Peer> peers_;
    std::map<NodeId, Fetch> fetches_; // by whom it comes from
};

} // namespace coax
