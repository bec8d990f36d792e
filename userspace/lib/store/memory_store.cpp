// SPDX-License-Identifier: Apache-2.0
#include "lib/store/memory_store.h"

#include "lib/store/local_store.h"

namespace coax {

std::unique_ptr<Store> make_memory_store(const Clock &clock, HistoryLimits history) {
    return make_local_store(LocalState(history), nullptr, clock);
}

} // namespace coax
