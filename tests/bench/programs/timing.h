// SPDX-License-Identifier: Apache-2.0
// Nanoseconds of one BPF program on one packet, by BPF_PROG_TEST_RUN.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/packet.h"

namespace coax::bench {

/// `repeat` > 1 only for programs that leave the packet as it was: the kernel hands a program its own
/// output again. The kernel's clock is read once before and once after all repetitions.
struct Timed {
    std::uint32_t verdict = 0;
    std::uint32_t ns = 0; // per repetition
};
/// Aborts when the kernel does not run it.
Timed time_once(int program_fd, const test::Bytes &packet, int repeat);

/// A program that only returns; its time is the cost of being called. Aborts when refused.
int load_empty_program(bool xdp);

double median(std::vector<double> values);

} // namespace coax::bench
