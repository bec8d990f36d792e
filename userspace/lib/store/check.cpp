// SPDX-License-Identifier: Apache-2.0
#include "lib/store/check.h"

#include <set>

#include <fmt/format.h>

#include "lib/base/text.h"

namespace coax {
namespace {

constexpr std::chrono::seconds kTtlMax = std::chrono::hours(24 * 365);

Status check_count(std::string_view what, std::size_t count) {
    if (count <= kStoreOperationsMax)
        return {};
    return Error(ErrorCode::kTooLarge,
                 fmt::format("transaction: expected at most {} {}, found {}; split it",
                             kStoreOperationsMax, what, count));
}

/// Adds up what the request will hold.
class Size {
  public:
    void add(std::string_view bytes) { bytes_ += bytes.size(); }
    [[nodiscard]] Status check() const {
        if (bytes_ <= kStoreTransactionMaxBytes)
            return {};
        return Error(ErrorCode::kTooLarge,
                     fmt::format("transaction: expected at most {} bytes of keys and values, "
                                 "found {}; split it",
                                 kStoreTransactionMaxBytes, bytes_));
    }

  private:
    std::size_t bytes_ = 0;
};

Status check_operation(const StoreOperation &operation) {
    COAX_TRY(check_key(operation.key));
    if (operation.value.size() <= kStoreValueMaxBytes)
        return {};
    return Error(ErrorCode::kTooLarge,
                 fmt::format("key {}: expected a value of at most {} bytes, found {}",
                             quoted(operation.key), kStoreValueMaxBytes, operation.value.size()));
}

std::string expectation(const StoreCompare &compare) {
    switch (compare.kind) {
    case StoreCompare::Kind::kAbsent:
        return "no such key";
    case StoreCompare::Kind::kExists:
        return "a key";
    case StoreCompare::Kind::kUnchanged:
        return fmt::format("revision {}", compare.mod_revision.value());
    }
    return "?";
}

} // namespace

Status check_key(std::string_view key) {
    if (key.empty())
        return Error(ErrorCode::kInvalid, "expected a key of at least one byte, found none");
    if (key.size() <= kStoreKeyMaxBytes)
        return {};
    return Error(ErrorCode::kTooLarge, fmt::format("key {}: expected at most {} bytes, found {}",
                                                   quoted(key), kStoreKeyMaxBytes, key.size()));
}

Status check_transaction(const StoreTransaction &transaction) {
    COAX_TRY(check_count("compares", transaction.compares.size()));
    COAX_TRY(check_count("operations", transaction.operations.size()));
    Size size;
    for (const auto &compare : transaction.compares) {
        COAX_TRY(check_key(compare.key));
        size.add(compare.key);
    }
    std::set<std::string_view> keys;
    for (const auto &operation : transaction.operations) {
        COAX_TRY(check_operation(operation));
        size.add(operation.key);
        size.add(operation.value);
        if (!keys.insert(operation.key).second)
            return Error(ErrorCode::kInvalid,
                         fmt::format("transaction: expected one operation per key, found two of {}",
                                     quoted(operation.key)));
    }
    return size.check();
}

Status check_ttl(std::chrono::seconds ttl) {
    if (ttl >= std::chrono::seconds(1) && ttl <= kTtlMax)
        return {};
    return Error(ErrorCode::kInvalid, fmt::format("lease: expected 1 to {} seconds, found {}",
                                                  kTtlMax.count(), ttl.count()));
}

Status check_watch(Revision from) {
    if (from != Revision())
        return {};
    return Error(ErrorCode::kInvalid, "watch: expected the revision after that of a list, found 0");
}

Error lease_is_gone(LeaseId lease) {
    return {ErrorCode::kNotFound,
            fmt::format("lease {:x}: expected a lease that lives, found none: it ran out or was "
                        "revoked; grant another",
                        lease.value())};
}

bool holds(const StoreCompare &compare, Revision found) {
    const bool exists = found != Revision();
    switch (compare.kind) {
    case StoreCompare::Kind::kAbsent:
        return !exists;
    case StoreCompare::Kind::kExists:
        return exists;
    case StoreCompare::Kind::kUnchanged:
        return exists && found == compare.mod_revision;
    }
    return false;
}

Error conflict_on(const StoreCompare &compare, Revision found) {
    return {ErrorCode::kConflict,
            fmt::format("key {}: expected {}, found {}; read it again", quoted(compare.key),
                        expectation(compare),
                        found == Revision() ? "none" : fmt::format("revision {}", found.value()))};
}

} // namespace coax
