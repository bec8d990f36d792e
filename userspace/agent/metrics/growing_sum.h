// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "lib/base/types.h"

namespace coax {

/// Sum of counters that come and go with the peers. A plain sum falls when a peer is removed, and
/// Prometheus takes a fall for a restart and counts the whole rest again; this one adds only what
/// each counter has grown since it was last seen. Starts at 0.
class GrowingSum {
  public:
    /// All counters as they are now, each key once.
    void update(const std::map<PublicKey, std::uint64_t> &now);
    [[nodiscard]] std::uint64_t total() const { return total_; }

  private:
    std::uint64_t total_ = 0;
    bool started_ = false;
    std::map<PublicKey, std::uint64_t> last_;
};

} // namespace coax
