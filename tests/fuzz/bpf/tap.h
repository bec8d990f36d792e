// SPDX-License-Identifier: Apache-2.0
// Sees every frame that leaves by any device of the network namespace.
#pragma once

#include <vector>

#include "fuzz/bpf/oracle.h"
#include "harness/bpf_run_net.h"

namespace coax::fuzz {

class Tap {
  public:
    Tap();
    /// What left since the last call.
    [[nodiscard]] std::vector<Sent> take();

  private:
    test::Fd fd_;
    Bytes buffer_;
};

} // namespace coax::fuzz
