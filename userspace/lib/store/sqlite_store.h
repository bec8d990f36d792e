// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "lib/base/clock.h"
#include "lib/store/local_state.h"
#include "lib/store/store.h"

namespace coax {

/// Opens the store in the file `path` (made with mode 0600 where there is none) and holds it until
/// destroyed; the folder must exist. Reads its whole content. Leases of before live one whole time
/// to live more, from now: their holders could reach nobody while no process had the file.
/// `clock` outlives the store.
/// Errors: kBusy (another process has it: names its pid), kCorrupt (damaged: what to do),
/// kInvalid (a file of something else), kVersion (of a newer Coax), kPermission, kNoSpace, kSystem.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path &path,
                                                 const Clock &clock, HistoryLimits history = {});

} // namespace coax
