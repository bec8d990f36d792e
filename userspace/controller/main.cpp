// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>
#include <variant>

#include <sys/stat.h>

#include "controller/command_line.h"
#include "controller/serve.h"
#include "lib/control/openssl.h"

namespace coax::controller {
namespace {

constexpr mode_t kUmask = 0077; // keys, and a store of names

ExitCode fail(const Error &error, ExitCode code) {
    std::cerr << "coax-controller: " << error.message() << '\n';
    return code;
}

ExitCode run(const CommandLine &line) {
    if (line.verb == CommandLine::Verb::kInit) {
        const SystemClock clock;
        const auto made = init(line.folder, line.init, clock);
        if (!made.ok())
            return fail(made.error(), exit_code_of(made.error()));
        std::cout << *made;
        return ExitCode::kOk;
    }
    const auto config = load_controller_config(line.folder);
    if (!config.ok())
        return fail(config.error(), ExitCode::kBadConfig);
    if (line.check) {
        const auto text = check(line.folder, *config);
        if (!text.ok())
            return fail(text.error(), ExitCode::kBadConfig);
        std::cout << *text;
        return ExitCode::kOk;
    }
    const Status done = serve(line.folder, *config);
    return done.ok() ? ExitCode::kOk : fail(done.error(), exit_code_of(done.error()));
}

} // namespace
} // namespace coax::controller

int main(int argc, char **argv) {
    try {
        ::umask(coax::controller::kUmask);
        coax::keep_openssl();
        const auto line = coax::controller::parse_command_line(argc, argv);
        if (const auto *code = std::get_if<coax::controller::ExitCode>(&line))
            return static_cast<int>(*code);
        return static_cast<int>(
            coax::controller::run(std::get<coax::controller::CommandLine>(line)));
    } catch (const std::exception &error) {
        std::cerr << "coax-controller: " << error.what() << '\n';
        return static_cast<int>(coax::controller::ExitCode::kFailed);
    }
}
