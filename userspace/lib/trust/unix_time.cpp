// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/unix_time.h"

#include <algorithm>
#include <limits>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace coax {

UnixTime time_from_wire(std::uint64_t seconds) {
    const auto end = static_cast<std::uint64_t>(kForever.time_since_epoch().count());
    return UnixTime(std::chrono::seconds(std::min(seconds, end)));
}

std::uint64_t time_to_wire(UnixTime time) {
    if (time >= kForever)
        return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

std::string time_text(UnixTime time) {
    if (time >= kForever)
        return "forever";
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

} // namespace coax
