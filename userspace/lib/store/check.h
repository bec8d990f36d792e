// SPDX-License-Identifier: Apache-2.0
// What every backend asks of its caller.
#pragma once

#include <chrono>
#include <string_view>

#include "lib/base/result.h"
#include "lib/store/store.h"

namespace coax {

Status check_key(std::string_view key);
Status check_transaction(const StoreTransaction &transaction);
Status check_ttl(std::chrono::seconds ttl);
Status check_watch(Revision from);

Error lease_is_gone(LeaseId lease);
/// `found`: the key's mod revision, 0 when there is no such key.
bool holds(const StoreCompare &compare, Revision found);
/// The same.
Error conflict_on(const StoreCompare &compare, Revision found);

} // namespace coax
