// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/growing_sum.h"

namespace coax {

void GrowingSum::update(const std::map<PublicKey, std::uint64_t> &now) {
    for (const auto &[key, value] : now) {
        const auto before = last_.find(key);
        const std::uint64_t base = before == last_.end() ? 0 : before->second;
        // A smaller value: the peer was made anew and counts from 0.
        if (started_)
            total_ += value >= base ? value - base : value;
    }
    last_ = now;
    started_ = true;
}

} // namespace coax
