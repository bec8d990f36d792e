// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sodium.h>

namespace coax {

/// N secret bytes: movable, not copyable, wiped when destroyed or moved from, never printable.
template <std::size_t N>
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::span<const std::uint8_t, N> bytes) {
        std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    }
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;
    Secret(Secret &&other) noexcept : bytes_(other.bytes_) { other.wipe(); }
    Secret &operator=(Secret &&other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    [[nodiscard]] std::span<const std::uint8_t, N> expose() const { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t, N> expose_mutable() { return bytes_; }

    /// An explicit copy, for the one place that must keep the original.
    [[nodiscard]] Secret clone() const { return Secret(expose()); }

    /// Constant time.
    [[nodiscard]] bool equals(const Secret &other) const {
        return sodium_memcmp(bytes_.data(), other.bytes_.data(), N) == 0;
    }

  private:
    void wipe() { sodium_memzero(bytes_.data(), N); }
    std::array<std::uint8_t, N> bytes_{};
};

using PrivateKey = Secret<32>; // Curve25519, clamped

} // namespace coax
