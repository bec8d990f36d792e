// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fuzz/bpf/frames.h"

namespace coax::fuzz {

namespace {

constexpr std::size_t kEthernetBytes = 14;
// Headers are what a parser reads: most changes go there.
constexpr std::size_t kHeaderBytes = 110;

std::size_t some_offset(Random &random, const Bytes &frame) {
    const std::size_t end = random.chance(85) ? std::min(kHeaderBytes, frame.size()) : frame.size();
    return random.below(end);
}

void put_word(Random &random, Bytes &frame) {
    const std::size_t at = some_offset(random, frame);
    const auto value = random.pick<std::uint16_t>(
        {0, 1, 0x7fff, 0x8000, 0xffff, 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x4500, 0x6000,
         static_cast<std::uint16_t>(frame.size()), static_cast<std::uint16_t>(frame.size() - 14)});
    frame[at] = static_cast<std::uint8_t>(value >> 8U);
    if (at + 1 < frame.size())
        frame[at + 1] = static_cast<std::uint8_t>(value);
}

void move_bytes(Random &random, Bytes &frame) {
    const std::size_t count = random.between(1, 8);
    const auto at = frame.begin() + static_cast<std::ptrdiff_t>(some_offset(random, frame));
    if (random.chance(50)) {
        frame.insert(at, count, random.byte());
        return;
    }
    const auto rest = static_cast<std::size_t>(frame.end() - at);
    frame.erase(at, at + static_cast<std::ptrdiff_t>(std::min(count, rest)));
}

void spoil_once(Random &random, Bytes &frame) {
    switch (random.below(6)) {
    case 0:
        frame[some_offset(random, frame)] ^= static_cast<std::uint8_t>(1U << random.below(8));
        break;
    case 1:
        frame[some_offset(random, frame)] = random.byte();
        break;
    case 2:
        put_word(random, frame);
        break;
    case 3:
        frame.resize(random.between(kEthernetBytes, frame.size()));
        break;
    case 4:
        frame.resize(frame.size() + random.between(1, 100), random.byte());
        break;
    default:
        move_bytes(random, frame);
    }
    if (frame.size() < kEthernetBytes)
        frame.resize(kEthernetBytes);
}

} // namespace

void spoil(Random &random, Bytes &frame) {
    for (std::size_t i = random.pick({1, 1, 1, 2, 3, 8}); i > 0; --i)
        spoil_once(random, frame);
    if (random.chance(3)) // what the kernel refuses to take is a case too
        frame.resize(random.below(kEthernetBytes + 21));
}

} // namespace coax::fuzz
