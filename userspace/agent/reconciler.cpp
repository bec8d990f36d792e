// SPDX-License-Identifier: Apache-2.0
#include "agent/reconciler.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace coax {
namespace {

// Handshakes, and peers that have not heard of a key yet, take seconds.
constexpr std::chrono::seconds kRestless{30};

} // namespace

Reconciler::Reconciler(Needs needs)
    : needs_(std::move(needs)),
      uplinks_({needs_.links, needs_.datapath, needs_.memory}),
      lanes_({needs_.links, needs_.wireguard, needs_.datapath, needs_.keys, needs_.memory,
              needs_.clock}),
      handover_(needs_.links, needs_.datapath),
      ports_({needs_.links, needs_.namespaces, needs_.datapath, needs_.memory}),
      tables_(needs_.datapath, needs_.clock, needs_.has_decap_l3) {}

Status Reconciler::run(const DesiredState &state, const std::vector<Degradation> &known) {
    const auto began = needs_.clock.monotonic_now();
    Pass pass(needs_.log);
    for (const Degradation &one : known)
        pass.degraded(one.what, one.text);
    for (const Degradation &standing : needs_.standing)
        pass.degraded(standing.what, standing.text);
    pass.check(run_pass(state, pass));
    for (const std::string &note : needs_.datapath.notes())
        pass.degraded("datapath.note", note);
    publish(pass);
    report_.took = std::chrono::duration_cast<std::chrono::milliseconds>(report_.at - began);
    if (!pass.errors().empty())
        return pass.errors().front();
    return {};
}

Status Reconciler::run_pass(const DesiredState &state, Pass &pass) {
    next_keys_ready_ = false;
    COAX_TRY(uplinks_.protect(state, pass));
    COAX_ASSIGN_OR_RETURN(mtu_, uplinks_.mtu(state));
    report_networks(state, pass);
    lanes_.watch_sessions(settling_); // keys that are new to this pass have no session yet
    COAX_TRY(lanes_.ensure(state, mtu_.lane, pass));
    const OwnSets own{needs_.keys.in_use(), needs_.keys.changing()};
    const Status handed = handover_.ensure(state.node.instance, pass);
    if (!pass.check(handed) && handover_.index().value() == 0)
        return {}; // else the tables would lose a device that may well be there
    COAX_TRY(ports_.ensure(state, mtu_.inner, pass));
    COAX_TRY(tables_.apply(state, resolved(), {own, lanes_.sessions()}, mtu_.inner, pass));
    settling_ = is_settling(state, own);
    if (pass.changes() > 0)
        restless_until_ = needs_.clock.monotonic_now() + kRestless;
    next_keys_ready_ = own.changing && lanes_.are_up(own.newest());
    ports_.bring_up(state, pass);

    lanes_.prune(state, pass);
    ports_.prune(state, pass);
    uplinks_.prune(state, pass);
    return {};
}

Path Reconciler::path_to(const DesiredState &state, NodeId peer) const {
    return path_in(tables_.paths(), state.vtep_of(peer).v4_be());
}

bool Reconciler::is_settling(const DesiredState &state, const OwnSets &own) const {
    return std::ranges::any_of(state.peers, [&](const auto &entry) {
        const auto &[id, peer] = entry;
        return id != state.node.id && path_to(state, id) != best_path(own, peer);
    });
}

ResolvedLinks Reconciler::resolved() const {
    return {handover_.index(), lanes_.indices(KeySet::kFirst), ports_.indices(),
            lanes_.indices(KeySet::kSecond)};
}

void Reconciler::report_networks(const DesiredState &state, Pass &pass) const {
    for (const auto &[vni, network] : state.networks) {
        if (network.mtu && *network.mtu > mtu_.inner)
            pass.degraded("network.mtu",
                          fmt::format("network {}: mtu is {}, but an underlay of {} has room for "
                                      "{}; {} is used",
                                      network.name, *network.mtu, mtu_.underlay, mtu_.inner,
                                      mtu_.inner));
    }
}

// A state that lasts is logged when it begins and when it ends, not every few seconds.
void Reconciler::publish(const Pass &pass) {
    const std::vector<Degradation> before = std::exchange(report_.degraded, pass.degradations());
    for (const Degradation &now : report_.degraded) {
        if (std::ranges::find(before, now) == before.end())
            needs_.log.warn(now.what, {{"text", now.text}});
    }
    for (const Degradation &old : before) {
        if (std::ranges::find(report_.degraded, old) == report_.degraded.end())
            needs_.log.info(old.what + ".over", {{"text", old.text}});
    }
    std::set<std::string> errors;
    for (const Error &error : pass.errors()) {
        errors.insert(error.message());
        if (!known_errors_.contains(error.message()))
            needs_.log.error("reconcile.failed", {{"error", error.message()}});
    }
    known_errors_ = std::move(errors);
    report_.at = needs_.clock.monotonic_now();
    report_.changes = pass.changes();
    report_.error = pass.errors().empty() ? "" : pass.errors().front().message();
}

void Reconciler::sweep(const DesiredState &state) {
    const auto aged = tables_.sweep(state);
    if (!aged.ok())
        needs_.log.warn("fdb.sweep_failed", {{"error", aged.error().message()}});
    else if (*aged > 0)
        needs_.log.debug("fdb.aged", {{"entries", *aged}});
}

Status Reconciler::remove_all(const std::string &instance, std::vector<std::string> &removed) {
    COAX_TRY(ports_.remove_all(instance, removed));
    COAX_TRY(lanes_.remove_all(instance, removed));
    COAX_TRY(handover_.remove(instance, removed));
    COAX_TRY(needs_.datapath.remove_everything());
    removed.push_back("programs and pins of instance " + instance);
    return needs_.memory.clear();
}

} // namespace coax
