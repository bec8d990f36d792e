// SPDX-License-Identifier: Apache-2.0
#include "lib/store/lease_id.h"

#include <limits>

#include <sodium.h>

namespace coax {

LeaseId make_lease_id() {
    std::uint64_t random = 0;
    randombytes_buf(&random, sizeof(random));
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return LeaseId(static_cast<std::int64_t>(random % kMax) + 1);
}

} // namespace coax
