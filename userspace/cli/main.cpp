// SPDX-License-Identifier: Apache-2.0
// Wiring only: the machine this command runs on.
#include <array>
#include <climits>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/default_route.h"
#include "cli/host.h"
#include "cli/run_program.h"
#include "cli/system_leftovers.h"
#include "lib/base/file.h"

namespace {

constexpr std::size_t kRoutesBytesMax = 64 * 1024 * 1024;

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

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::vector<std::string> default_route_interfaces() {
    const auto ipv4 = coax::read_file("/proc/net/route", kRoutesBytesMax);
    const auto ipv6 = coax::read_file("/proc/net/ipv6_route", kRoutesBytesMax);
    std::string found =
        coax::cli::default_route_interface(ipv4.ok() ? *ipv4 : "", ipv6.ok() ? *ipv6 : "");
    return found.empty() ? std::vector<std::string>() : std::vector{std::move(found)};
}

/// What sd_booted() looks at.
bool has_systemd() {
    std::error_code ignored;
    return std::filesystem::is_directory("/run/systemd/system", ignored);
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
                             .host_name = host_name,
                             .default_route_interfaces = default_route_interfaces,
                             .run_program = coax::cli::run_program,
                             .has_systemd = has_systemd(),
                             .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                             .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
                             .terminal_columns = terminal_columns()};
        return coax::cli::run({argv + 1, argv + argc}, host);
    } catch (const std::exception &error) {
        std::cerr << "coax: " << error.what() << '\n';
        return 1;
    }
}
