// SPDX-License-Identifier: Apache-2.0
// What every libFuzzer target needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace coax::fuzz {

/// Ends the process with the text where a property does not hold; libFuzzer then keeps the input.
inline void require(bool good, std::string_view what) {
    if (good)
        return;
    std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

inline std::string_view as_text(const std::uint8_t *data, std::size_t size) {
    return {static_cast<const char *>(static_cast<const void *>(data)), size};
}

} // namespace coax::fuzz
