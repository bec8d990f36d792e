// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include <sodium.h>

namespace coax {

/// Before the next attempt: longer after every failure, and never the same for two clients.
class EtcdPause {
  public:
    /// Not past `deadline`.
    void wait(std::chrono::steady_clock::time_point deadline) {
        const auto range = static_cast<std::uint32_t>(next_.count());
        const auto jittered = next_ / 2 + std::chrono::milliseconds(randombytes_uniform(range));
        next_ = std::min(2 * next_, kTo);
        std::this_thread::sleep_until(
            std::min(deadline, std::chrono::steady_clock::now() + jittered));
    }
    void reset() { next_ = kFrom; }

  private:
    static constexpr std::chrono::milliseconds kFrom{10};
    static constexpr std::chrono::milliseconds kTo{500};
    std::chrono::milliseconds next_ = kFrom;
};

} // namespace coax
