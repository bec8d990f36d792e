// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller.pb.h"
#include "controller/registry/change_batch.h"
#include "lib/base/clock.h"
#include "lib/base/guarded.h"
#include "lib/base/result.h"
#include "lib/store/store.h"
#include "lib/trust/unix_time.h"

namespace coax::controller {

/// What somebody reads and writes as one change. Everything that is read through it must still be so
/// when it is committed, so a decision is never made on what somebody else has changed meanwhile.
/// It may be committed together with others, and sees what those before it do.
class Change {
  public:
    Change(Store &store, ChangeBatch &before) : store_(store), before_(before) {}

    Result<std::optional<std::string>> read(const std::string &key);
    /// kCorrupt when it does not parse.
    template <typename Record>
    Result<std::optional<Record>> read(const std::string &key) {
        COAX_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, read(key));
        if (!bytes)
            return std::optional<Record>();
        return parse<Record>(key, *bytes);
    }
    /// All records whose key starts with `prefix`, by key. These are not compared: something that
    /// moves with them must be read as well.
    template <typename Record>
    Result<std::vector<Record>> list(std::string_view prefix) {
        must_be_first_ = true; // the store does not know yet what those before it do
        COAX_ASSIGN_OR_RETURN(const StoreListing listing, store_.list(prefix));
        std::vector<Record> records;
        for (const StoreEntry &entry : listing.entries) {
            COAX_ASSIGN_OR_RETURN(std::optional<Record> record,
                                  parse<Record>(entry.key, entry.value));
            records.push_back(std::move(*record));
        }
        return records;
    }

    void put(const std::string &key, std::string value);
    template <typename Record>
    void put(const std::string &key, const Record &record) {
        put(key, record.SerializeAsString());
    }
    void remove(const std::string &key);
    [[nodiscard]] bool empty() const { return operations_.empty(); }

    /// The line of the audit log that is written with it: "network.put", "network red", "old -> new".
    void note(std::string what, std::string object, std::string text);

    // For whoever commits it.
    [[nodiscard]] const std::map<std::string, StoreCompare> &compares() const { return compares_; }
    [[nodiscard]] const std::map<std::string, StoreOperation> &operations() const {
        return operations_;
    }
    [[nodiscard]] std::optional<v1::AuditLine> &line() { return line_; }
    [[nodiscard]] bool must_be_first() const { return must_be_first_; }

  private:
    template <typename Record>
    static Result<std::optional<Record>> parse(const std::string &key, const std::string &bytes) {
        Record record;
        if (!record.ParseFromString(bytes))
            return damaged(key);
        return std::optional<Record>(std::move(record));
    }
    static Error damaged(const std::string &key);

    Store &store_;
    ChangeBatch &before_;
    std::map<std::string, StoreCompare> compares_;
    std::map<std::string, StoreOperation> operations_;
    std::optional<v1::AuditLine> line_;
    bool must_be_first_ = false;
};

/// Commits changes by compare-and-swap, each with its audit line. Changes that wait at the same time
/// are committed together: a store takes a transaction as slowly as its disk, or its network, and many
/// nodes that join at once all take a number from one record.
/// Threads: any; one of those that wait makes and commits for the others. `store` and `clock` outlive
/// it.
class Writer {
  public:
    /// `controller`: which one, for the audit log; `audit_max`: lines that are kept.
    Writer(Store &store, const Clock &clock, std::string controller, std::size_t audit_max)
        : store_(store), clock_(clock), controller_(std::move(controller)), audit_max_(audit_max) {}

    using Make = std::function<Status(Change &)>;

    /// Makes and commits a change; makes it anew when somebody else was first, at most kAttempts
    /// times, then kBusy. Without operations nothing is committed: revision 0. `make` may run
    /// several times, in another thread while this one waits, and its error ends it; it must not
    /// commit anything itself. Other errors: as Store.
    Result<Revision> commit(const std::string &who, const Make &make);

    [[nodiscard]] Store &store() const { return store_; }
    [[nodiscard]] UnixTime now() const;

    static constexpr int kAttempts = 64;

  private:
    struct Waiting {
        const std::string &who;
        const Make &make;
        Status made; // of the last attempt
        bool has_operations = false;
        std::optional<Result<Revision>> result;
    };
    struct Queue {
        std::deque<Waiting *> waiting;
        bool led = false; // somebody commits
    };

    bool has_result(const Waiting &self);
    void lead(const Waiting &until);
    /// Makes and commits some of `group`, at least the first, and takes those away.
    void commit_some(std::deque<Waiting *> &group);
    /// How many of the first `limit` went in.
    std::size_t make_some(const std::deque<Waiting *> &group, std::size_t limit,
                          ChangeBatch &batch);
    static std::size_t give_to_all(const std::deque<Waiting *> &group, std::size_t from,
                                   const Status &error);
    void add_audit_line(const std::string &who, v1::AuditLine line, ChangeBatch &batch);
    std::uint64_t next_sequence();
    void trim_now_and_then();

    Store &store_;
    const Clock &clock_;
    std::string controller_;
    std::size_t audit_max_;
    Guarded<Queue> queue_;
    std::atomic<std::uint64_t> sequence_{0};
    std::atomic<std::uint64_t> lines_{0};
    std::atomic<std::uint64_t> trimmed_at_{0}; // of lines_
};

} // namespace coax::controller
