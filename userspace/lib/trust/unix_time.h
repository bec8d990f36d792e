// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace coax {

using UnixTime = std::chrono::sys_seconds;

/// No end: what OpenSSH calls "forever", and everything past the year 9999.
constexpr UnixTime kForever{std::chrono::seconds(253402300800)};

/// Seconds since 1970 on the wire. Forever is 2^64 - 1, as in OpenSSH's certificates; times before
/// 1970 are 0.
UnixTime time_from_wire(std::uint64_t seconds);
std::uint64_t time_to_wire(UnixTime time);

/// "2027-01-31T12:00:00Z", or "forever".
std::string time_text(UnixTime time);

} // namespace coax
