// SPDX-License-Identifier: Apache-2.0
// The fuzzer's own generator: the same numbers for the same seed on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <vector>

namespace coax::fuzz {

/// splitmix64 (Steele, Lea, Flood 2014). A value; not for secrets.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31U);
    }
    /// 0 .. count - 1; `count` is not 0.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
    /// first .. last.
    std::size_t between(std::size_t first, std::size_t last) {
        return first + below(last - first + 1);
    }
    bool chance(unsigned percent) { return below(100) < percent; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(next()); }
    std::uint16_t word() { return static_cast<std::uint16_t>(next()); }

    template <typename Container>
    auto pick(const Container &from) {
        return *std::next(from.begin(), static_cast<std::ptrdiff_t>(below(from.size())));
    }
    template <typename T>
    T pick(std::initializer_list<T> from) {
        return *(from.begin() + below(from.size()));
    }

  private:
    std::uint64_t state_;
};

/// A seed for the part `index` of a run, unrelated to its neighbours.
inline std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index) {
    return Random(seed ^ (index * 0xd1342543de82ef95ULL + 1)).next();
}

} // namespace coax::fuzz
