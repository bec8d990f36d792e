// SPDX-License-Identifier: Apache-2.0
#include "controller/leases/presence.h"

#include <algorithm>
#include <utility>

#include "controller/registry/keys.h"
#include "store.pb.h"

namespace coax::controller {
namespace {

constexpr std::size_t kBatch = 50; // of a transaction; the store takes 100
constexpr int kRenewalsPerLease = 3;

} // namespace

Presence::Presence(Store &store, const Clock &clock, Log log, Options options)
    : store_(store),
      clock_(clock),
      log_(std::move(log)),
      options_(std::move(options)),
      thread_([this] { run(); }) {}

Presence::~Presence() {
    wanted_.change([](Wanted &wanted) { wanted.stop = true; });
    thread_.join();
}

void Presence::take(NodeId id) {
    wanted_.change([&](Wanted &wanted) {
        wanted.nodes.insert(id);
        wanted.to_put.insert(id);
        wanted.to_remove.erase(id);
    });
}

void Presence::drop(NodeId id) {
    wanted_.change([&](Wanted &wanted) {
        if (wanted.nodes.erase(id) == 0)
            return;
        wanted.to_put.erase(id);
        wanted.to_remove.insert(id);
    });
}

Presence::Counts Presence::counts() const {
    return wanted_.with([](const Wanted &wanted) {
        Counts counts = wanted.counts;
        counts.nodes = wanted.nodes.size();
        return counts;
    });
}

void Presence::run() {
    bool is_troubled = false;
    while (wait()) {
        const Status done = work();
        if (done.ok()) {
            is_troubled = false;
            continue;
        }
        wanted_.with([](Wanted &wanted) { ++wanted.counts.errors; });
        if (!is_troubled)
            log_.warn("presence.not_written", {{"error", done.error().message()}});
        is_troubled = true;
        const auto until = std::chrono::steady_clock::now() + options_.retry;
        wanted_.wait_until(until, [](const Wanted &wanted) { return wanted.stop; });
    }
}

/// Until there is something to do; false when it is time to stop.
bool Presence::wait() {
    const auto until = std::chrono::steady_clock::now() +
                       (lease_ ? options_.ttl / kRenewalsPerLease : std::chrono::seconds(1));
    wanted_.wait_until(until, [](const Wanted &wanted) {
        return wanted.stop || !wanted.to_put.empty() || !wanted.to_remove.empty();
    });
    return wanted_.with([](const Wanted &wanted) { return !wanted.stop; });
}

Status Presence::work() {
    COAX_TRY(renew_lease());
    if (const Ids ids = next_of(&Wanted::to_put); !ids.empty())
        COAX_TRY(put(ids));
    if (const Ids ids = next_of(&Wanted::to_remove); !ids.empty())
        COAX_TRY(remove(ids));
    return {};
}

Status Presence::renew_lease() {
    const auto now = clock_.monotonic_now();
    if (lease_ && now - renewed_at_ < options_.ttl / kRenewalsPerLease)
        return {};
    const bool may_be_over = lease_ && now - renewed_at_ >= lease_->ttl;
    auto lease = lease_ ? store_.keep_alive(lease_->id) : store_.grant_lease(options_.ttl);
    if (!lease.ok()) {
        if (lease.error().code() == ErrorCode::kNotFound)
            lose_lease();
        return lease.error();
    }
    if (!lease_)
        wanted_.with([](Wanted &wanted) { ++wanted.counts.leases; });
    if (may_be_over)
        log_.info("presence.lease_was_late", {{"ttl_s", lease->ttl.count()}});
    lease_ = std::move(lease).value();
    renewed_at_ = now; // before the call: the store counts from later on
    return {};
}

void Presence::lose_lease() {
    lease_.reset();
    held_.clear();
    wanted_.with([](Wanted &wanted) {
        ++wanted.counts.leases_expired;
        wanted.to_put.insert(wanted.nodes.begin(), wanted.nodes.end());
        wanted.to_remove.clear();
    });
    log_.warn("presence.lease_expired", {{"text", "the keys of all nodes here are put again"}});
}

Presence::Ids Presence::next_of(std::set<NodeId> Wanted::*queue) {
    return wanted_.with([&](Wanted &wanted) {
        Ids ids;
        for (const NodeId id : wanted.*queue)
            if (ids.size() < kBatch)
                ids.push_back(id);
        return ids;
    });
}

Status Presence::put(const Ids &ids) {
    const auto since =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.system_now().time_since_epoch());
    record::Online online;
    online.set_controller(options_.controller);
    online.set_since(static_cast<std::uint64_t>(since.count()));
    const std::string value = online.SerializeAsString();
    StoreTransaction transaction;
    for (const NodeId id : ids)
        transaction.operations.push_back(StoreOperation::put(online_key(id), value, lease_->id));
    wanted_.with([&](Wanted &wanted) {
        for (const NodeId id : ids)
            wanted.to_put.erase(id);
    });
    const auto revision = store_.commit(transaction);
    if (revision.ok()) {
        for (const NodeId id : ids)
            held_[id] = *revision;
        return {};
    }
    wanted_.with([&](Wanted &wanted) {
        for (const NodeId id : ids)
            if (wanted.nodes.contains(id))
                wanted.to_put.insert(id);
    });
    if (revision.error().code() == ErrorCode::kNotFound)
        lose_lease();
    return revision.error();
}

Status Presence::remove(const Ids &ids) {
    Status done = commit_removal(ids);
    if (!done.ok() && done.error().code() == ErrorCode::kConflict) {
        // One of them belongs to somebody else by now: that must not keep the others.
        for (const NodeId id : ids) {
            done = commit_removal({id});
            if (!done.ok() && done.error().code() != ErrorCode::kConflict)
                return done;
        }
    } else if (!done.ok()) {
        return done;
    }
    wanted_.with([&](Wanted &wanted) {
        for (const NodeId id : ids)
            wanted.to_remove.erase(id);
    });
    for (const NodeId id : ids)
        held_.erase(id);
    return {};
}

/// Of our key; absent: it is not ours.
Result<std::optional<Revision>> Presence::revision_held(NodeId id) const {
    const auto held = held_.find(id);
    if (held != held_.end())
        return std::optional(held->second);
    // The answer to a put may have been lost.
    COAX_ASSIGN_OR_RETURN(const StoreFound found, store_.get(online_key(id)));
    const bool ours = found.entry && lease_ && found.entry->lease == lease_->id;
    return ours ? std::optional(found.entry->mod_revision) : std::nullopt;
}

Status Presence::commit_removal(const Ids &ids) {
    StoreTransaction transaction;
    for (const NodeId id : ids) {
        COAX_ASSIGN_OR_RETURN(const std::optional<Revision> held, revision_held(id));
        if (!held)
            continue;
        transaction.compares.push_back(StoreCompare::unchanged(online_key(id), *held));
        transaction.operations.push_back(StoreOperation::remove(online_key(id)));
    }
    if (transaction.operations.empty())
        return {};
    const auto revision = store_.commit(transaction);
    return revision.ok() ? Status() : Status(revision.error());
}

} // namespace coax::controller
