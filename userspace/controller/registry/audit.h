// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "controller.pb.h"
#include "lib/base/result.h"
#include "lib/store/store.h"

namespace coax::controller {

inline constexpr std::uint32_t kAuditLinesMax = 1000; // of one answer

/// Newest first, as asked: at most `limit` (0: 100), about `object` (empty: all), older than
/// `before` (0: from the newest on).
Result<v1::Audit> list_audit(Store &store, const v1::AuditRequest &request);

/// Removes the oldest lines beyond `keep`; how many.
Result<std::size_t> trim_audit(Store &store, std::size_t keep);

} // namespace coax::controller
