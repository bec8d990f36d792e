// SPDX-License-Identifier: Apache-2.0
#include "lib/store/local_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/store/check.h"

namespace coax {
namespace {

constexpr std::size_t kUpdateEventsMax = 1000; // more only to keep a revision together

std::size_t size_of(const StoreEvent &event) {
    return event.entry.key.size() + event.entry.value.size();
}

Revision after(Revision revision) {
    return Revision(revision.value() + 1);
}

bool comes_before(const StoreEvent &event, Revision revision) {
    return event.entry.mod_revision < revision;
}

} // namespace

StoreFound LocalState::get(std::string_view key) const {
    StoreFound found{.entry = std::nullopt, .revision = revision_};
    if (const auto it = entries_.find(key); it != entries_.end())
        found.entry = it->second;
    return found;
}

StoreListing LocalState::list(std::string_view prefix) const {
    StoreListing listing{.entries = {}, .revision = revision_};
    for (auto it = entries_.lower_bound(prefix); it != entries_.end(); ++it) {
        if (!it->first.starts_with(prefix))
            break;
        listing.entries.push_back(it->second);
    }
    return listing;
}

Status LocalState::check(const StoreCompare &compare) const {
    const auto it = entries_.find(compare.key);
    const Revision found = it == entries_.end() ? Revision() : it->second.mod_revision;
    if (!holds(compare, found))
        return conflict_on(compare, found);
    return {};
}

Result<LocalBatch> LocalState::plan(const StoreTransaction &transaction) const {
    for (const auto &compare : transaction.compares)
        COAX_TRY(check(compare));
    LocalBatch batch;
    for (const auto &operation : transaction.operations) {
        if (operation.kind == StoreOperation::Kind::kPut) {
            if (operation.lease != LeaseId() && !leases_.contains(operation.lease))
                return lease_is_gone(operation.lease);
            batch.events.push_back(
                {StoreEvent::Kind::kPut,
                 {operation.key, operation.value, after(revision_), operation.lease}});
        } else if (entries_.contains(operation.key)) {
            batch.events.push_back(
                {StoreEvent::Kind::kRemoved, {operation.key, {}, after(revision_), {}}});
        }
    }
    batch.revision = batch.events.empty() ? revision_ : after(revision_);
    batch.compacted = compaction_after(batch.events);
    return batch;
}

LocalBatch LocalState::plan_grant(LeaseId lease, std::chrono::seconds ttl) const {
    LocalBatch batch;
    batch.revision = revision_;
    batch.compacted = compacted_;
    batch.granted.push_back({lease, ttl, revision_});
    return batch;
}

LocalBatch LocalState::plan_revoke(const std::vector<LeaseId> &leases) const {
    LocalBatch batch;
    for (const LeaseId lease : leases) {
        const auto it = leases_.find(lease);
        if (it == leases_.end())
            continue;
        batch.dropped.push_back(lease);
        for (const auto &key : it->second.keys)
            batch.events.push_back({StoreEvent::Kind::kRemoved, {key, {}, after(revision_), {}}});
    }
    batch.revision = batch.events.empty() ? revision_ : after(revision_);
    batch.compacted = compaction_after(batch.events);
    return batch;
}

void LocalState::apply(LocalBatch batch, BootClock::time_point now) {
    for (auto &event : batch.events) {
        apply_event(event);
        restore_event(std::move(event));
    }
    for (const auto &lease : batch.granted)
        restore_lease(lease.id, lease.ttl, now);
    for (const LeaseId lease : batch.dropped)
        leases_.erase(lease);
    revision_ = batch.revision;
    compact(batch.compacted);
}

void LocalState::apply_event(const StoreEvent &event) {
    const auto it = entries_.find(event.entry.key);
    if (it != entries_.end())
        detach(it->second);
    if (event.kind == StoreEvent::Kind::kPut)
        restore_entry(event.entry);
    else if (it != entries_.end())
        entries_.erase(it);
}

void LocalState::detach(const StoreEntry &entry) {
    if (const auto lease = leases_.find(entry.lease); lease != leases_.end())
        lease->second.keys.erase(entry.key);
}

Result<StoreLease> LocalState::keep_alive(LeaseId lease, BootClock::time_point now) {
    const auto it = leases_.find(lease);
    if (it == leases_.end())
        return lease_is_gone(lease);
    it->second.deadline = now + it->second.ttl;
    return StoreLease{lease, it->second.ttl, revision_};
}

std::vector<LeaseId> LocalState::expired(BootClock::time_point now) const {
    std::vector<LeaseId> found;
    for (const auto &[id, lease] : leases_) {
        if (lease.deadline <= now)
            found.push_back(id);
    }
    return found;
}

std::optional<BootClock::time_point> LocalState::next_expiry() const {
    std::optional<BootClock::time_point> next;
    for (const auto &[id, lease] : leases_)
        next = next ? std::min(*next, lease.deadline) : lease.deadline;
    return next;
}

bool LocalState::reaches_back_to(Revision from) const {
    return from > compacted_ && from <= after(revision_);
}

StoreUpdate LocalState::events_since(std::string_view prefix, Revision from) const {
    StoreUpdate update;
    update.revision = revision_;
    auto it = std::lower_bound(history_.begin(), history_.end(), from, comes_before);
    Revision last;
    for (; it != history_.end(); ++it) {
        if (!it->entry.key.starts_with(prefix))
            continue;
        if (update.events.size() >= kUpdateEventsMax && it->entry.mod_revision != last) {
            update.revision = last;
            break;
        }
        last = it->entry.mod_revision;
        update.events.push_back(*it);
    }
    update.kind = update.events.empty() ? StoreUpdate::Kind::kQuiet : StoreUpdate::Kind::kEvents;
    return update;
}

Revision LocalState::compaction_after(const std::vector<StoreEvent> &events) const {
    std::size_t count = history_.size() + events.size();
    std::size_t bytes = history_bytes_;
    for (const auto &event : events)
        bytes += size_of(event);
    Revision up_to = compacted_;
    for (const auto &event : history_) {
        const bool fits = count <= limits_.events && bytes <= limits_.bytes;
        if (fits && event.entry.mod_revision != up_to)
            break;
        up_to = event.entry.mod_revision;
        --count;
        bytes -= size_of(event);
    }
    return up_to;
}

void LocalState::compact(Revision up_to) {
    while (!history_.empty() && history_.front().entry.mod_revision <= up_to) {
        history_bytes_ -= size_of(history_.front());
        history_.pop_front();
    }
    compacted_ = up_to;
}

void LocalState::restore(Revision revision, Revision compacted) {
    revision_ = revision;
    compacted_ = compacted;
}

void LocalState::restore_lease(LeaseId lease, std::chrono::seconds ttl, BootClock::time_point now) {
    leases_.insert_or_assign(lease, Lease{ttl, now + ttl, {}});
}

void LocalState::restore_entry(StoreEntry entry) {
    if (const auto lease = leases_.find(entry.lease); lease != leases_.end())
        lease->second.keys.insert(entry.key);
    std::string key = entry.key;
    entries_.insert_or_assign(std::move(key), std::move(entry));
}

void LocalState::restore_event(StoreEvent event) {
    history_bytes_ += size_of(event);
    history_.push_back(std::move(event));
}

} // namespace coax
