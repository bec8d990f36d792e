// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include <poll.h>

namespace coax::test {

/// Asks until the condition holds; false after `patience`, which only a failure takes (an emulated
/// guest is slow).
template <typename Condition>
bool poll_until(Condition condition, std::chrono::seconds patience = std::chrono::seconds(60)) {
    constexpr int kPauseMs = 5;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        (void)::poll(nullptr, 0, kPauseMs);
    }
    return true;
}

} // namespace coax::test
