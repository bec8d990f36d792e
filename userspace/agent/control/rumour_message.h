// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "agent/mail/mail.h"
#include "lib/base/result.h"

namespace coax {

/// Which list somebody has. Version 0: none.
struct RumourHead {
    std::uint64_t version = 0;
    std::uint32_t size = 0;                // bytes, as signed
    std::array<std::uint8_t, 32> digest{}; // SHA-256 of them
    bool operator==(const RumourHead &) const = default;
};

/// Please send parts of that list, from that byte on.
struct RumourAsk {
    std::uint64_t version = 0;
    std::uint32_t offset = 0;
    bool operator==(const RumourAsk &) const = default;
};

struct RumourPart {
    std::uint64_t version = 0;
    std::uint32_t offset = 0;
    std::string bytes; // 1 or more
    bool operator==(const RumourPart &) const = default;
};

using RumourMessage = std::variant<RumourHead, RumourAsk, RumourPart>;

/// Form: "R1", one byte of type (1 head, 2 ask, 3 part), then the members in order, in network order;
/// the bytes of a part go to the end.
std::string encode(const RumourMessage &message);
/// kInvalid for any other form, kVersion for a later one.
Result<RumourMessage> decode_rumour(Mail::Text text);

} // namespace coax
