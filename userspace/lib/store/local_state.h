// SPDX-License-Identifier: Apache-2.0
// The state of the backends that live in this process: entries, history, leases.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/store/store.h"

namespace coax {

/// How many events are kept for watches that come back; whole revisions go, oldest first.
struct HistoryLimits {
    std::size_t events = 50'000;
    std::size_t bytes = std::size_t{32} * 1024 * 1024; // keys and values
};

/// One change of the state: planned, made durable, then applied.
struct LocalBatch {
    Revision revision; // of the state after it
    std::vector<StoreEvent> events;
    std::vector<StoreLease> granted;
    std::vector<LeaseId> dropped;
    Revision compacted; // history up to here goes
    [[nodiscard]] bool empty() const {
        return events.empty() && granted.empty() && dropped.empty();
    }
};

/// Plans are pure; apply() cannot fail. Not thread-safe.
class LocalState {
  public:
    explicit LocalState(HistoryLimits limits) : limits_(limits) {}

    [[nodiscard]] Revision revision() const { return revision_; }
    [[nodiscard]] StoreFound get(std::string_view key) const;
    [[nodiscard]] StoreListing list(std::string_view prefix) const;

    /// kConflict, or kNotFound for a lease.
    [[nodiscard]] Result<LocalBatch> plan(const StoreTransaction &transaction) const;
    [[nodiscard]] LocalBatch plan_grant(LeaseId lease, std::chrono::seconds ttl) const;
    [[nodiscard]] LocalBatch plan_revoke(const std::vector<LeaseId> &leases) const;
    void apply(LocalBatch batch, BootClock::time_point now);

    /// kNotFound when it is gone.
    Result<StoreLease> keep_alive(LeaseId lease, BootClock::time_point now);
    [[nodiscard]] std::vector<LeaseId> expired(BootClock::time_point now) const;
    [[nodiscard]] std::optional<BootClock::time_point> next_expiry() const;

    /// Can a watch be told everything since `from`?
    [[nodiscard]] bool reaches_back_to(Revision from) const;
    /// What is new at or after `from`; kQuiet with the present revision when nothing is.
    [[nodiscard]] StoreUpdate events_since(std::string_view prefix, Revision from) const;

    /// For a state that is read from disk. Leases live a whole ttl from `now`.
    void restore(Revision revision, Revision compacted);
    void restore_lease(LeaseId lease, std::chrono::seconds ttl, BootClock::time_point now);
    void restore_entry(StoreEntry entry);
    void restore_event(StoreEvent event);

  private:
    struct Lease {
        std::chrono::seconds ttl;
        BootClock::time_point deadline;
        std::set<std::string> keys;
    };

    [[nodiscard]] Status check(const StoreCompare &compare) const;
    [[nodiscard]] Revision compaction_after(const std::vector<StoreEvent> &events) const;
    void apply_event(const StoreEvent &event);
    void detach(const StoreEntry &entry);
    void compact(Revision up_to);

    HistoryLimits limits_;
    std::map<std::string, StoreEntry, std::less<>> entries_;
    std::deque<StoreEvent> history_; // by revision
    std::size_t history_bytes_ = 0;
    std::map<LeaseId, Lease> leases_;
    Revision revision_;
    Revision compacted_; // history begins after it
};

} // namespace coax
