// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// A non-blocking descriptor that turns readable whenever an interface of the calling thread's network
/// namespace appears, goes, is renamed or changes. What is read is a hint to look again; a read that
/// fails with ENOBUFS is one, too (some were lost).
Result<UniqueFd> open_link_events();

} // namespace coax
