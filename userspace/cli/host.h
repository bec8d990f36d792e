// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"

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
    std::function<std::string()> host_name;
    /// Names; empty when there is no default route.
    std::function<std::vector<std::string>()> default_route_interfaces;
    /// To its end; an error unless it exits with 0.
    std::function<Status(const std::vector<std::string> &)> run_program;
    bool has_systemd = false; // as the machine's init
    bool out_is_terminal = false;
    bool in_is_terminal = false;
    std::size_t terminal_columns = 0; // of out; 0 = unknown
    std::string run_root = "/run/coax";
    std::string state_root = "/var/lib/coax";
    std::string controller_socket = "/run/coax-controller/controller.sock";
};

} // namespace coax::cli
