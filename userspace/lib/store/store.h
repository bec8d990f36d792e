// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace coax {

/// Rises with every change of the store; all changes of one transaction carry the same. 0 = none.
using Revision = StrongInt<struct RevisionTag, std::uint64_t>;
using LeaseId = StrongInt<struct LeaseIdTag, std::int64_t>; // 0 = none; never given out twice

inline constexpr std::size_t kStoreKeyMaxBytes = 1024;          // at least 1; any bytes
inline constexpr std::size_t kStoreValueMaxBytes = 1024 * 1024; // any bytes
/// Of a transaction: keys and values together; operations, and compares, each.
inline constexpr std::size_t kStoreTransactionMaxBytes = 1280 * 1024;
inline constexpr std::size_t kStoreOperationsMax = 100;

struct StoreEntry {
    std::string key;
    std::string value;
    Revision mod_revision; // of the last put of this key: also its fencing token
    LeaseId lease;         // 0: stays until removed
    auto operator<=>(const StoreEntry &) const = default;
};

struct StoreFound {
    std::optional<StoreEntry> entry;
    Revision revision;
};

struct StoreListing {
    std::vector<StoreEntry> entries; // by key, as bytes
    Revision revision;               // all entries are of this moment: watch from revision + 1
};

struct StoreCompare {
    enum class Kind { kAbsent, kExists, kUnchanged };
    Kind kind = Kind::kAbsent;
    std::string key;
    Revision mod_revision; // kUnchanged: what it must be

    static StoreCompare absent(std::string key) { return {Kind::kAbsent, std::move(key), {}}; }
    static StoreCompare exists(std::string key) { return {Kind::kExists, std::move(key), {}}; }
    static StoreCompare unchanged(std::string key, Revision since) {
        return {Kind::kUnchanged, std::move(key), since};
    }
};

struct StoreOperation {
    enum class Kind { kPut, kRemove };
    Kind kind = Kind::kPut;
    std::string key;
    std::string value;
    LeaseId lease;

    static StoreOperation put(std::string key, std::string value, LeaseId lease = {}) {
        return {Kind::kPut, std::move(key), std::move(value), lease};
    }
    static StoreOperation remove(std::string key) {
        return {Kind::kRemove, std::move(key), {}, {}};
    }
};

/// When all compares hold, all operations happen, as one change; else none. One operation per key.
struct StoreTransaction {
    std::vector<StoreCompare> compares;
    std::vector<StoreOperation> operations;
};

struct StoreLease {
    LeaseId id;
    std::chrono::seconds ttl{0}; // what the store granted or has left; may be more than asked for
    Revision revision;
};

struct StoreEvent {
    enum class Kind { kPut, kRemoved }; // removed by a call, or with its lease
    Kind kind = Kind::kPut;
    StoreEntry entry; // kRemoved: key, and the revision of the removal
};

struct StoreUpdate {
    enum class Kind {
        kEvents,    // at least one event
        kQuiet,     // nothing happened in time
        kListAgain, // the store no longer has all events: the watch ended; list, watch anew
        kCancelled, // the watch ended
    };
    Kind kind = Kind::kQuiet;
    std::vector<StoreEvent> events;
    Revision revision; // everything up to it has been told: a watch from revision + 1 goes on
};

/// Events below one prefix, in order of their revision, each once; those of one revision together.
/// Threads: one calls next(), any calls cancel(). Must not outlive its store.
class StoreWatch {
  public:
    virtual ~StoreWatch() = default;

    /// Blocks until there is something to tell, `patience` at most.
    /// Errors: kUnavailable (the store is out of reach: call again), kPermission.
    virtual Result<StoreUpdate> next(std::chrono::milliseconds patience) = 0;
    /// Ends the running next() and all later ones with kCancelled.
    virtual void cancel() = 0;
};

/// Keys and values, ordered by revision, with leases and watches: the state of the control plane.
/// Threads: any, at the same time; calls block, until the time-out of the backend at most.
/// Reads see every write that was answered before they were asked.
/// Errors, all of which change nothing unless said:
///   kConflict     a compare did not hold: read again
///   kUnavailable  out of reach; a write may have happened, or may yet (once): read, then compare
///                 on revisions
///   kNotFound     the lease is gone: grant another
///   kInvalid      empty key, key twice in a transaction, lease time out of range
///   kTooLarge, kNoSpace, kPermission, kCorrupt, kSystem
/// Keys appear in errors, values never.
class Store {
  public:
    virtual ~Store() = default;

    virtual Result<StoreFound> get(std::string_view key) = 0;
    /// All entries whose key starts with `prefix`; all of the store when it is empty.
    virtual Result<StoreListing> list(std::string_view prefix) = 0;

    /// The revision of the change, or the present one where nothing had to change.
    virtual Result<Revision> commit(const StoreTransaction &transaction) = 0;
    /// A put without lease takes the key out of the lease it had.
    Result<Revision> put(std::string key, std::string value, LeaseId lease = {});
    Result<Revision> remove(std::string key); // absent is success

    /// Keys put with the lease go when it is not kept alive for `ttl` (1 s to a year).
    virtual Result<StoreLease> grant_lease(std::chrono::seconds ttl) = 0;
    /// From now on a whole ttl again.
    virtual Result<StoreLease> keep_alive(LeaseId lease) = 0;
    /// Removes its keys, as one change; absent is success.
    virtual Result<Revision> revoke_lease(LeaseId lease) = 0;

    /// Every event below `prefix` whose revision is `from` or later. The first update is kListAgain
    /// when history does not reach back so far, or the store has not come as far (it was wiped).
    virtual Result<std::unique_ptr<StoreWatch>> watch(std::string prefix, Revision from) = 0;
};

} // namespace coax
