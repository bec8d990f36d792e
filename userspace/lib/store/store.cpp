// SPDX-License-Identifier: Apache-2.0
#include "lib/store/store.h"

namespace coax {

Result<Revision> Store::put(std::string key, std::string value, LeaseId lease) {
    StoreTransaction transaction;
    transaction.operations.push_back(StoreOperation::put(std::move(key), std::move(value), lease));
    return commit(transaction);
}

Result<Revision> Store::remove(std::string key) {
    StoreTransaction transaction;
    transaction.operations.push_back(StoreOperation::remove(std::move(key)));
    return commit(transaction);
}

} // namespace coax
