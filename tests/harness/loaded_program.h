// SPDX-License-Identifier: Apache-2.0
// One of the BPF programs, chosen at run time and loaded from the skeleton that the agent embeds.
#pragma once

#include <bpf/libbpf.h>

#include <memory>

#include "coax/abi/drop_reason.h"

namespace coax::test {

/// A test run's skb always has an Ethernet header; tc_lane has to be told.
constexpr std::uint32_t kTestRunL2Bytes = 14;

struct LoadedProgram {
    std::shared_ptr<void> skeleton; // of one of five types; owns the object
    bpf_object *object;
};

/// The program of `hook`, which has its name (hook_name()). `prepare` takes the pins off the maps and
/// sizes them, before the load. Aborts where the kernel refuses.
LoadedProgram load_program(coax_hook hook, void (*prepare)(bpf_object *));

} // namespace coax::test
