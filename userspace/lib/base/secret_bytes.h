// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <sodium.h>

namespace coax {

/// Wipes memory before it gives it back.
template <typename T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <typename U>
    explicit WipingAllocator(const WipingAllocator<U> &) {}

    T *allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T *memory, std::size_t count) {
        sodium_memzero(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    bool operator==(const WipingAllocator &) const { return true; }
};

/// A secret whose length is not known beforehand; where it is, Secret<N> is better.
using SecretBytes = std::vector<char, WipingAllocator<char>>;

/// For as long as `secret` stays as it is.
inline std::string_view view_of(const SecretBytes &secret) {
    return {secret.data(), secret.size()};
}

} // namespace coax
