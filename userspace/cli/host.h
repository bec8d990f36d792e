// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "lib/base/clock.h"

namespace coax::cli {

class Leftovers;

/// Time between two rounds of --watch.
class Pacer {
  public:
    virtual ~Pacer() = default;
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() = 0;
    /// Waits; false: stop watching.
    virtual bool wait(std::chrono::milliseconds duration) = 0;
};

/// Everything the command takes from the machine it runs on; a test brings its own.
/// References are borrowed for the run.
struct Host {
    std::ostream &out;
    std::ostream &err;
    std::istream &in;
    Pacer &pacer;
    Leftovers &leftovers;
    const Clock &clock;
    std::function<std::optional<std::string>(const std::string &)> environment;
    bool out_is_terminal = false;
    bool in_is_terminal = false;
    std::size_t terminal_columns = 0; // of out; 0 = unknown
    std::string run_root = "/run/coax";
};

} // namespace coax::cli
