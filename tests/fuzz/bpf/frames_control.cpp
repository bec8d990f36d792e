// SPDX-License-Identifier: Apache-2.0
// Control messages as nodes send them, and nearly so.
#include <endian.h>

#include <cstring>

#include "coax/abi/control.h"
#include "fuzz/bpf/frames.h"

namespace coax::fuzz {

namespace {

std::uint8_t some_type(Random &random) {
    return random.chance(95) ? static_cast<std::uint8_t>(random.between(1, 3)) : random.byte();
}

std::uint16_t some_flags(Random &random) {
    if (random.chance(50))
        return 0;
    const auto path = static_cast<std::uint16_t>(COAX_CONTROL_PATH | random.below(5));
    return random.chance(50) ? COAX_CONTROL_PATH : random.chance(90) ? path : random.word();
}

std::size_t some_length(Random &random) {
    return random.pick<std::size_t>({0, 0, 1, 18, 100, COAX_MAIL_BYTES_MAX - 1, COAX_MAIL_BYTES_MAX,
                                     COAX_MAIL_BYTES_MAX + 1, random.below(1500)});
}

} // namespace

test::Packet control_message(Random &random, const Tables &tables, std::uint32_t source_be) {
    coax_control control{};
    control.magic_be = htobe32(COAX_CONTROL_MAGIC);
    control.version = random.chance(97) ? COAX_CONTROL_VERSION : random.byte();
    control.type = some_type(random);
    control.flags_be = htobe16(some_flags(random));
    const auto probe = tables.probes.find(tables.first(source_be));
    const bool right = probe != tables.probes.end() && random.chance(70);
    control.sequence = htobe64(right ? probe->second.sequence : random.below(4));
    control.stamp = right && random.chance(90) ? probe->second.sent_ns : random.below(4);
    Bytes bytes(sizeof(control) + some_length(random));
    for (std::uint8_t &byte : bytes)
        byte = random.byte();
    std::memcpy(bytes.data(), &control, sizeof(control));
    test::Udp udp{.sport = random.word(), .dport = COAX_CONTROL_PORT};
    if (random.chance(50))
        udp.checksum = 0;
    return udp / test::Payload(std::move(bytes));
}

} // namespace coax::fuzz
