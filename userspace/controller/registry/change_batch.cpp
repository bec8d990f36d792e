// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/change_batch.h"

#include <utility>

#include "controller/registry/change.h"

namespace coax::controller {
namespace {

constexpr std::size_t kBytesMax = kStoreTransactionMaxBytes / 2; // audit lines come on top

} // namespace

Result<StoreFound> ChangeBatch::find(const std::string &key) {
    if (const auto known = found_.find(key); known != found_.end())
        return known->second;
    COAX_ASSIGN_OR_RETURN(StoreFound found, store_.get(key));
    return found_.emplace(key, std::move(found)).first->second;
}

const StoreOperation *ChangeBatch::pending(const std::string &key) const {
    const auto found = operations_.find(key);
    return found == operations_.end() ? nullptr : &found->second;
}

bool ChangeBatch::has_room(const Change &change) const {
    std::size_t bytes = bytes_;
    for (const auto &[key, operation] : change.operations())
        bytes += key.size() + operation.value.size();
    return compares_.size() + change.compares().size() < kStoreOperationsMax &&
           operations_.size() + change.operations().size() < kStoreOperationsMax &&
           bytes <= kBytesMax;
}

void ChangeBatch::put(const StoreOperation &operation) {
    bytes_ += operation.key.size() + operation.value.size();
    operations_.insert_or_assign(operation.key, operation);
}

void ChangeBatch::add(const Change &change) {
    for (const auto &[key, compare] : change.compares())
        compares_.emplace(key, compare);
    for (const auto &[key, operation] : change.operations())
        put(operation);
}

void ChangeBatch::add_new(const std::string &key, std::string value) {
    compares_.emplace(key, StoreCompare::absent(key));
    put(StoreOperation::put(key, std::move(value)));
}

StoreTransaction ChangeBatch::transaction() const {
    StoreTransaction transaction;
    for (const auto &[key, compare] : compares_)
        transaction.compares.push_back(compare);
    for (const auto &[key, operation] : operations_)
        transaction.operations.push_back(operation);
    return transaction;
}

} // namespace coax::controller
