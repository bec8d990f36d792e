// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "lib/base/clock.h"
#include "lib/store/journal.h"
#include "lib/store/local_state.h"
#include "lib/store/store.h"

namespace coax {

/// A store in this process: everything is read from memory, and written to `journal` (null: nowhere)
/// before it is there. Leases end by the boot clock, looked at by every call and waiting watch.
/// `clock` outlives the result.
std::unique_ptr<Store> make_local_store(LocalState state, std::unique_ptr<Journal> journal,
                                        const Clock &clock);

} // namespace coax
