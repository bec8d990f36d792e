// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/wire.h"

#include <algorithm>

#include <fmt/format.h>

namespace coax {

std::uint8_t WireReader::byte() {
    return static_cast<std::uint8_t>(integer(1));
}

std::uint32_t WireReader::uint32() {
    return static_cast<std::uint32_t>(integer(4));
}

std::uint64_t WireReader::uint64() {
    return integer(8);
}

std::string_view WireReader::raw(std::size_t count) {
    if (count > rest_.size()) {
        failed_ = true;
        rest_ = {};
        return {};
    }
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
}

Status WireReader::finish(std::string_view what) const {
    if (failed_)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}: cut short, or a length in it is wrong", what));
    if (!rest_.empty())
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}: expected its end, found {} more bytes", what, rest_.size()));
    return {};
}

void WireReader::copy(std::string_view from, std::span<std::uint8_t> to) {
    if (from.size() == to.size()) {
        std::copy(from.begin(), from.end(), to.begin());
        return;
    }
    failed_ = true;
    rest_ = {};
}

std::uint64_t WireReader::integer(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : raw(bytes))
        value = value << 8U | static_cast<std::uint8_t>(c);
    return value;
}

} // namespace coax
