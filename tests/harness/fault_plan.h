// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace coax::test {

/// Records the calls of a fake and makes chosen ones fail.
class FaultPlan {
  public:
    /// The n-th call from now on fails once (1 = the next), whatever it is.
    void fail_nth(std::size_t n, Error error) { counted_.push_back({seen_ + n, std::move(error)}); }
    /// Every call whose text starts with `prefix` fails until clear().
    void fail_on(std::string prefix, Error error) {
        named_.emplace_back(std::move(prefix), std::move(error));
    }
    void clear() {
        counted_.clear();
        named_.clear();
    }

    [[nodiscard]] const std::vector<std::string> &calls() const { return calls_; }
    void forget_calls() { calls_.clear(); }
    [[nodiscard]] std::size_t count(std::string_view prefix) const {
        std::size_t found = 0;
        for (const auto &call : calls_)
            found += call.starts_with(prefix) ? 1 : 0;
        return found;
    }

    /// For the fake: records the call, says whether it is to fail.
    Status enter(std::string call) {
        ++seen_;
        calls_.push_back(std::move(call));
        for (auto it = counted_.begin(); it != counted_.end(); ++it) {
            if (it->call_number != seen_)
                continue;
            Error error = it->error;
            counted_.erase(it);
            return error;
        }
        for (const auto &[prefix, error] : named_) {
            if (calls_.back().starts_with(prefix))
                return error;
        }
        return {};
    }

  private:
    struct Counted {
        std::size_t call_number;
        Error error;
    };
    std::size_t seen_ = 0;
    std::vector<std::string> calls_;
    std::vector<Counted> counted_;
    std::vector<std::pair<std::string, Error>> named_;
};

} // namespace coax::test
