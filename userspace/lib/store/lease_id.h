// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/store/store.h"

namespace coax {

/// Random, so that a lease of a store that was wiped means none of the new one.
LeaseId make_lease_id();

} // namespace coax
