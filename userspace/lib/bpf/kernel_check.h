// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace coax {

/// What was found out about the running kernel and this process.
struct KernelFacts {
    std::string release; // uname -r
    std::uint64_t effective_capabilities = 0;
    bool kernel_btf = false;
    std::vector<std::string> absent; // features that were probed and are not there, by name
};

/// Asks the kernel. Probes only run with the capabilities they need; without, `absent` stays empty.
Result<KernelFacts> probe_kernel();

/// Pure. One error that lists everything that is missing by name: kPermission when it is only
/// capabilities, else kUnsupported.
Status judge_kernel(const KernelFacts &facts);

} // namespace coax
