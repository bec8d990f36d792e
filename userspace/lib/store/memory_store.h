// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "lib/base/clock.h"
#include "lib/store/local_state.h"
#include "lib/store/store.h"

namespace coax {

/// A store that ends with the process. `clock` (of the leases) outlives it.
std::unique_ptr<Store> make_memory_store(const Clock &clock, HistoryLimits history = {});

} // namespace coax
