// SPDX-License-Identifier: Apache-2.0
// Wiring only: the machine this command runs on.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/host.h"
#include "cli/system_leftovers.h"

namespace {

/// Waits for real; an interrupt ends the process.
class SystemPacer final : public coax::cli::Pacer {
  public:
    std::chrono::steady_clock::time_point now() override {
        return std::chrono::steady_clock::now();
    }
    bool wait(std::chrono::milliseconds duration) override {
        std::this_thread::sleep_for(duration);
        return true;
    }
};

std::optional<std::string> environment(const std::string &name) {
    const char *value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::size_t terminal_columns() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

} // namespace

int main(int argc, char **argv) {
    ::setenv("GRPC_VERBOSITY", "NONE", 0); // errors reach the user through us
    try {
        SystemPacer pacer;
        coax::cli::SystemLeftovers leftovers;
        const coax::SystemClock clock;
        coax::cli::Host host{.out = std::cout,
                             .err = std::cerr,
                             .in = std::cin,
                             .pacer = pacer,
                             .leftovers = leftovers,
                             .clock = clock,
                             .environment = environment,
                             .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                             .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
                             .terminal_columns = terminal_columns()};
        return coax::cli::run({argv + 1, argv + argc}, host);
    } catch (const std::exception &error) {
        std::cerr << "coax: " << error.what() << '\n';
        return 1;
    }
}
