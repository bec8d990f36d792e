// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

namespace coax::test {

/// Looks at this memory when it is given back to operator delete.
void watch_memory(const void *memory);

/// How many bytes were not zero then; nothing while it was not given back.
std::optional<std::size_t> watched_bytes_left();

} // namespace coax::test
