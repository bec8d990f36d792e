// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"

namespace coax {

/// Something that works, but less well than it should: an event-style name ("uplink.missing") and
/// what it means and what to do.
struct Degradation {
    std::string what;
    std::string text;
    auto operator<=>(const Degradation &) const = default;
};

/// What one pass of the reconciler did and met; handed to every module in turn.
/// Not thread-safe. Logs each change as it is made; degradations and errors are logged by the
/// reconciler, once when they appear and once when they are gone.
class Pass {
  public:
    explicit Pass(Log log) : log_(std::move(log)) {}

    /// The kernel was changed, by `count` requests.
    void changed(std::string_view event, Log::Fields fields, std::uint32_t count = 1) {
        changes_ += count;
        log_.info(event, fields);
    }
    void degraded(std::string what, std::string text) {
        degradations_.push_back({std::move(what), std::move(text)});
    }
    /// An attempt failed; the next pass tries again.
    void failed(const Error &error) { errors_.push_back(error); }
    /// failed() when the status is an error. True when it was not.
    bool check(const Status &status) {
        if (!status.ok())
            failed(status.error());
        return status.ok();
    }

    [[nodiscard]] std::uint32_t changes() const { return changes_; }
    [[nodiscard]] const std::vector<Degradation> &degradations() const { return degradations_; }
    [[nodiscard]] const std::vector<Error> &errors() const { return errors_; }

  private:
    Log log_;
    std::uint32_t changes_ = 0;
    std::vector<Degradation> degradations_;
    std::vector<Error> errors_;
};

} // namespace coax
