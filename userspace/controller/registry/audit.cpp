// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/audit.h"

#include <algorithm>

#include "controller/registry/keys.h"

namespace coax::controller {
namespace {

constexpr std::uint32_t kDefaultLimit = 100;

bool wanted(const v1::AuditLine &line, const v1::AuditRequest &request) {
    return (request.object().empty() || line.object() == request.object()) &&
           (request.before() == 0 || line.sequence() < request.before());
}

} // namespace

Result<v1::Audit> list_audit(Store &store, const v1::AuditRequest &request) {
    COAX_ASSIGN_OR_RETURN(const StoreListing listing, store.list(kAuditPrefix));
    const std::uint32_t limit =
        request.limit() == 0 ? kDefaultLimit : std::min(request.limit(), kAuditLinesMax);
    v1::Audit audit;
    for (auto entry = listing.entries.rbegin(); entry != listing.entries.rend(); ++entry) {
        v1::AuditLine line;
        if (!line.ParseFromString(entry->value))
            return Error(ErrorCode::kCorrupt,
                         entry->key + ": expected a line of the audit log, found other bytes");
        if (wanted(line, request))
            *audit.add_lines() = std::move(line);
        if (static_cast<std::uint32_t>(audit.lines_size()) == limit)
            break;
    }
    return audit;
}

Result<std::size_t> trim_audit(Store &store, std::size_t keep) {
    COAX_ASSIGN_OR_RETURN(const StoreListing listing, store.list(kAuditPrefix));
    const std::size_t surplus = listing.entries.size() - std::min(keep, listing.entries.size());
    StoreTransaction batch;
    for (std::size_t i = 0; i < surplus; ++i) {
        batch.operations.push_back(StoreOperation::remove(listing.entries[i].key));
        if (batch.operations.size() < kStoreOperationsMax && i + 1 < surplus)
            continue;
        COAX_TRY(store.commit(batch));
        batch.operations.clear();
    }
    return surplus;
}

} // namespace coax::controller
