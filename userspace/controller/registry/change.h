// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller.pb.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/store/store.h"
#include "lib/trust/unix_time.h"

namespace coax::controller {

/// What a transaction reads and writes. Everything that is read through it must still be so when it
/// is committed, so a decision is never made on what somebody else has changed meanwhile.
class Change {
  public:
    explicit Change(Store &store) : store_(store) {}

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

  private:
    friend class Writer;

    template <typename Record>
    static Result<std::optional<Record>> parse(const std::string &key, const std::string &bytes) {
        Record record;
        if (!record.ParseFromString(bytes))
            return damaged(key);
        return std::optional<Record>(std::move(record));
    }
    static Error damaged(const std::string &key);

    Store &store_;
    std::vector<StoreCompare> compares_;
    std::vector<StoreOperation> operations_;
    std::optional<v1::AuditLine> line_;
};

/// Commits changes by compare-and-swap, each with its audit line.
/// Threads: any. `store` and `clock` outlive it.
class Writer {
  public:
    /// `controller`: which one, for the audit log; `audit_max`: lines that are kept.
    Writer(Store &store, const Clock &clock, std::string controller, std::size_t audit_max)
        : store_(store), clock_(clock), controller_(std::move(controller)), audit_max_(audit_max) {}

    /// Makes and commits a change; makes it anew when somebody else was first, at most kAttempts
    /// times, then kBusy. Without operations nothing is committed: revision 0. `make` may run
    /// several times and its error ends it. Other errors: as Store.
    Result<Revision> commit(const std::string &who, const std::function<Status(Change &)> &make);

    [[nodiscard]] Store &store() const { return store_; }
    [[nodiscard]] UnixTime now() const;

    static constexpr int kAttempts = 64;

  private:
    void add_audit_line(const std::string &who, Change &change);
    std::uint64_t next_sequence();

    Store &store_;
    const Clock &clock_;
    std::string controller_;
    std::size_t audit_max_;
    std::atomic<std::uint64_t> sequence_{0};
    std::atomic<std::uint64_t> lines_{0};
};

} // namespace coax::controller
