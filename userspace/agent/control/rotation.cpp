// SPDX-License-Identifier: Apache-2.0
#include "agent/control/rotation.h"

#include <set>

#include <fmt/format.h>

#include "agent/control/control.h"
#include "lib/wireguard/udp_port.h"

namespace coax {
namespace {

constexpr std::chrono::minutes kAgain{10}; // after a change that could not begin, or not end
constexpr double kSpread = 0.1;            // of the age: nodes that were made together spread

/// Why this node cannot change its keys without losing a peer.
Status check_peers_learn(const Control *control) {
    if (control == nullptr)
        return Error(ErrorCode::kUnsupported,
                     "change the lane keys: this node follows no controller, so nobody would learn "
                     "the next ones; a file's peers change by hand (README, two machines)");
    if (!control->file().peers.empty())
        return Error(ErrorCode::kUnsupported,
                     fmt::format("change the lane keys: peer {} is in this node's file, so this "
                                 "node's keys are in that peer's; have it join, or change by hand",
                                 control->file().peers.begin()->second.name));
    if (control->stream_state() != FleetClient::State::kWelcome)
        return Error(ErrorCode::kUnavailable,
                     "change the lane keys: no controller is connected, so nobody would learn the "
                     "next ones; `coax status` says why");
    return {};
}

Status check_ports(const DesiredState &state, KeySet next) {
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane)
        if (const UdpPort port = state.lane_port(lane, next); !udp_port_is_free(port))
            return Error(
                ErrorCode::kBusy,
                fmt::format("change the lane keys: expected the free UDP port {} for the "
                            "{} keys, found it in use; `ss -ulnp sport = {}` shows by what",
                            port.value(), key_set_label(next), port.value()));
    return {};
}

std::chrono::steady_clock::time_point asked_at(const PathReport &report) {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(report.asked_ns));
}

} // namespace

Rotation::Rotation(Needs needs) : needs_(std::move(needs)) {}

Status Rotation::begin(const DesiredState &state, const Control *control) {
    if (needs_.keys.changing())
        return {};
    COAX_TRY(check_peers_learn(control));
    COAX_TRY(check_ports(state, other(needs_.keys.in_use())));
    COAX_TRY(needs_.keys.begin_change());
    change_.emplace(needs_.clock);
    needs_.log.info("keys.change_began", {{"in_use", key_set_label(needs_.keys.in_use())},
                                          {"next", key_set_label(other(needs_.keys.in_use()))}});
    needs_.on_change();
    return {};
}

void Rotation::tick(const DesiredState &state, const Control *control) {
    if (needs_.keys.changing())
        end_when_done(state);
    else
        begin_when_old(state, control);
}

void Rotation::begin_when_old(const DesiredState &state, const Control *control) {
    const auto now = needs_.clock.monotonic_now();
    const std::chrono::seconds allowed = state.wireguard.rotate_keys;
    if (allowed.count() == 0 || now < not_before_)
        return;
    const auto age = needs_.clock.system_now() - needs_.keys.state().since;
    const double early = kSpread * static_cast<double>(state.node.id.value() % 100) / 100;
    if (age < allowed * (1 - early) || !check_peers_learn(control).ok())
        return;
    const Status begun = begin(state, control);
    if (begun.ok())
        return;
    not_before_ = now + kAgain;
    needs_.log.warn("keys.change_failed", {{"error", begun.error().message()}});
}

void Rotation::end_when_done(const DesiredState &state) {
    if (!change_)
        change_.emplace(needs_.clock); // of an agent before this one
    if (change_->may_end(look(state)) && needs_.clock.monotonic_now() >= not_before_)
        end();
}

std::vector<ChangingPeer> Rotation::look(const DesiredState &state) {
    const KeySet next = other(needs_.keys.in_use());
    std::vector<ChangingPeer> peers;
    std::set<NodeId> to_ask;
    for (const auto &[id, peer] : state.peers) {
        if (id == state.node.id)
            continue;
        const PathReport report = needs_.prober.path_report(id);
        ChangingPeer &one = peers.emplace_back();
        one.id = id;
        one.name = peer.name;
        one.dead = needs_.prober.liveness().may_forget(id);
        one.sent_from_next = needs_.reconciler.path_to(state, id).from == next;
        one.sends_to_next = asked_at(report) > change_->began() && report.path.to == next;
        if (!one.dead && !one.sends_to_next)
            to_ask.insert(id);
    }
    needs_.prober.ask_paths(std::move(to_ask));
    return peers;
}

void Rotation::end() {
    const Status ended = needs_.keys.end_change();
    if (!ended.ok())
        needs_.log.error("keys.change_end_failed", {{"error", ended.error().message()}});
    if (needs_.keys.changing()) {
        not_before_ = needs_.clock.monotonic_now() + kAgain;
        return;
    }
    change_.reset();
    needs_.prober.forget_paths();
    needs_.log.info("keys.changed", {{"in_use", key_set_label(needs_.keys.in_use())}});
    needs_.on_change();
}

std::vector<ChangeWait> Rotation::waits() const {
    return change_ ? change_->waits() : std::vector<ChangeWait>();
}

} // namespace coax
