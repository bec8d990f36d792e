// SPDX-License-Identifier: Apache-2.0
#include "agent/control/key_change.h"

namespace coax {
namespace {

/// Why `peer` still needs the old keys; empty: it does not.
std::string why_waited_for(const ChangingPeer &peer, bool dead_wait_over) {
    if (peer.sends_to_next && peer.sent_from_next)
        return "";
    if (peer.dead)
        return dead_wait_over ? "" : "it is dead";
    if (!peer.sent_from_next)
        return "no session with the next keys yet; is its UDP port open for both sets?";
    return "it does not send to the next keys yet";
}

} // namespace

bool KeyChange::may_end(const std::vector<ChangingPeer> &peers) {
    const auto now = clock_.monotonic_now();
    waits_.clear();
    for (const ChangingPeer &peer : peers)
        if (std::string why = why_waited_for(peer, now - began_ >= kDeadWait); !why.empty())
            waits_.push_back({peer.name, std::move(why)});
    if (!waits_.empty())
        quiet_since_.reset();
    else if (!quiet_since_)
        quiet_since_ = now;
    return quiet_since_ && now - *quiet_since_ >= kLinger;
}

} // namespace coax
