// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/format.h"
#include "coax/abi/limits.h"

namespace coax::cli {
namespace {

constexpr std::size_t kNarrowest = 40; // columns; below, lines wrap

bool is_instance_name(const std::string &name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= COAX_INSTANCE_NAME_MAX &&
           std::all_of(name.begin(), name.end(), allowed);
}

View view_of(const Host &host, const CommonOptions &options) {
    const bool dumb = host.environment("TERM").value_or("") == "dumb";
    const bool no_color = options.no_color || !host.environment("NO_COLOR").value_or("").empty();
    View view;
    view.color = host.out_is_terminal && !no_color && !dumb;
    view.wide = options.wide;
    if (host.out_is_terminal && host.terminal_columns > 0)
        view.width = std::max(host.terminal_columns, kNarrowest);
    return view;
}

/// Names below `run_root` with a socket, sorted.
std::vector<std::string> instances_in(const std::string &run_root) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator it(run_root, error), end; !error && it != end;
         it.increment(error)) {
        std::error_code ignored;
        if (std::filesystem::is_socket(it->path() / "agent.sock", ignored))
            names.push_back(it->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string instance_of(const Host &host, const CommonOptions &options) {
    if (!options.instance.empty())
        return options.instance;
    const std::string from_environment = host.environment("COAX_INSTANCE").value_or("");
    return from_environment.empty() ? "coax" : from_environment;
}

} // namespace

Session::Session(Host &host, const CommonOptions &options)
    : host_(&host),
      instance_(instance_of(host, options)),
      default_socket_(fmt::format("{}/{}/agent.sock", host.run_root, instance_)),
      socket_(options.socket.empty() ? default_socket_ : options.socket),
      controller_(options.controller.empty() ? host.environment("COAX_CONTROLLER").value_or("")
                                             : options.controller),
      json_(options.json),
      view_(view_of(host, options)) {}

Result<Session> Session::open(Host &host, const CommonOptions &options) {
    Session session(host, options);
    if (!is_instance_name(session.instance_)) {
        return Error(ErrorCode::kInvalid,
                     fmt::format("instance name \"{}\": expected 1 to {} of a-z and 0-9",
                                 printable(session.instance_), COAX_INSTANCE_NAME_MAX));
    }
    return session;
}

std::string Session::run_dir() const {
    const auto directory = std::filesystem::path(socket_).parent_path();
    return directory.empty() ? "." : directory.string();
}

ExitCode Session::fail(const Error &error) const {
    const ExitCode code = fail_plainly(error);
    if (error.code() == ErrorCode::kNotFound && socket_ == default_socket_) {
        std::vector<std::string> others = instances_in(host_->run_root);
        std::erase(others, instance_);
        if (!others.empty()) {
            host_->err << fmt::format("coax: other instances here: {} (--instance NAME)\n",
                                      printable(fmt::format("{}", fmt::join(others, ", "))));
        }
    }
    return code;
}

ExitCode Session::fail_plainly(const Error &error) const {
    host_->err << "coax: " << printable(error.message()) << '\n';
    return exit_code_for(error);
}

void Session::print(const std::string &text, const Json &json) const {
    host_->out << (json_ ? dump(json, false) : text) << std::flush;
}

} // namespace coax::cli
