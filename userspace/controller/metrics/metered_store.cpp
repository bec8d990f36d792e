// SPDX-License-Identifier: Apache-2.0
#include "controller/metrics/metered_store.h"

#include <algorithm>
#include <utility>

#include "controller/registry/keys.h"

namespace coax::controller {

template <typename Call>
auto MeteredStore::measure(std::uint64_t Counts::*calls, double Counts::*seconds, Call call) {
    const auto begin = clock_.monotonic_now();
    auto answer = call();
    const std::chrono::duration<double> took = clock_.monotonic_now() - begin;
    counts_.with([&](Counts &counts) {
        ++(counts.*calls);
        counts.*seconds += took.count();
        if (!answer.ok() && answer.error().code() != ErrorCode::kConflict)
            ++counts.errors;
    });
    return answer;
}

Result<StoreFound> MeteredStore::get(std::string_view key) {
    return measure(&Counts::reads, &Counts::read_seconds, [&] { return store_.get(key); });
}

Result<StoreListing> MeteredStore::list(std::string_view prefix) {
    return measure(&Counts::reads, &Counts::read_seconds, [&] { return store_.list(prefix); });
}

Result<Revision> MeteredStore::commit(const StoreTransaction &transaction) {
    auto revision = measure(&Counts::writes, &Counts::write_seconds,
                            [&] { return store_.commit(transaction); });
    const auto is_audit = [](const StoreOperation &operation) {
        return operation.kind == StoreOperation::Kind::kPut &&
               operation.key.starts_with(kAuditPrefix);
    };
    if (revision.ok())
        counts_.with([&](Counts &counts) {
            counts.audit_lines += static_cast<std::uint64_t>(std::count_if(
                transaction.operations.begin(), transaction.operations.end(), is_audit));
        });
    return revision;
}

Result<StoreLease> MeteredStore::grant_lease(std::chrono::seconds ttl) {
    return measure(&Counts::writes, &Counts::write_seconds,
                   [&] { return store_.grant_lease(ttl); });
}

Result<StoreLease> MeteredStore::keep_alive(LeaseId lease) {
    return measure(&Counts::writes, &Counts::write_seconds,
                   [&] { return store_.keep_alive(lease); });
}

Result<Revision> MeteredStore::revoke_lease(LeaseId lease) {
    return measure(&Counts::writes, &Counts::write_seconds,
                   [&] { return store_.revoke_lease(lease); });
}

Result<std::unique_ptr<StoreWatch>> MeteredStore::watch(std::string prefix, Revision from) {
    return store_.watch(std::move(prefix), from);
}

MeteredStore::Counts MeteredStore::counts() const {
    return counts_.with([](const Counts &counts) { return counts; });
}

} // namespace coax::controller
