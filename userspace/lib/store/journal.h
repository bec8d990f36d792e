// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/base/result.h"
#include "lib/store/local_state.h"

namespace coax {

/// Makes a batch outlive the process, before it is applied. Called by one thread at a time.
class Journal {
  public:
    virtual ~Journal() = default;
    /// On an error nothing of the batch is kept.
    virtual Status append(const LocalBatch &batch) = 0;
};

} // namespace coax
