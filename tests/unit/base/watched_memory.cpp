// SPDX-License-Identifier: Apache-2.0
#include "unit/base/watched_memory.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

const void *watched = nullptr;
std::optional<std::size_t> left;

} // namespace

void *operator new(std::size_t size) {
    void *memory = std::malloc(size);
    if (memory == nullptr)
        std::abort();
    return memory;
}

void operator delete(void *memory) noexcept {
    std::free(memory);
}

void operator delete(void *memory, std::size_t size) noexcept {
    if (memory != nullptr && memory == watched) {
        const char *bytes = static_cast<const char *>(memory);
        left = size - static_cast<std::size_t>(std::count(bytes, bytes + size, '\0'));
        watched = nullptr;
    }
    std::free(memory);
}

namespace coax::test {

void watch_memory(const void *memory) {
    watched = memory;
    left.reset();
}

std::optional<std::size_t> watched_bytes_left() {
    return left;
}

} // namespace coax::test
