// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "cli/exit_code.h"
#include "cli/host.h"
#include "cli/json.h"
#include "cli/view.h"

namespace coax::cli {

/// Options every verb has.
struct CommonOptions {
    std::string instance;   // empty: COAX_INSTANCE, else "coax"
    std::string socket;     // empty: <run_root>/<instance>/agent.sock
    std::string controller; // empty: COAX_CONTROLLER, else as controller_access.h says
    bool json = false;
    bool no_color = false;
    bool wide = false;
};

/// One run of the command: its options resolved against its host.
class Session {
  public:
    /// kInvalid when the instance name cannot be one.
    static Result<Session> open(Host &host, const CommonOptions &options);

    [[nodiscard]] Host &host() const { return *host_; }
    [[nodiscard]] const std::string &instance() const { return instance_; }
    [[nodiscard]] const std::string &socket() const { return socket_; }
    [[nodiscard]] const std::string &default_socket() const { return default_socket_; }
    [[nodiscard]] std::string run_dir() const; // of socket()
    /// As given with --controller or COAX_CONTROLLER; may be empty.
    [[nodiscard]] const std::string &controller() const { return controller_; }
    [[nodiscard]] bool json() const { return json_; }
    [[nodiscard]] const View &view() const { return view_; }

    /// "coax: message" on err, with the other instances that have a socket when none is at ours.
    ExitCode fail(const Error &error) const;
    /// Only "coax: message".
    ExitCode fail_plainly(const Error &error) const;

    /// Text, or JSON (indented) with --json.
    void print(const std::string &text, const Json &json) const;

  private:
    Session(Host &host, const CommonOptions &options);

    Host *host_;
    std::string instance_;
    std::string default_socket_;
    std::string socket_;
    std::string controller_;
    bool json_;
    View view_;
};

/// What a verb does, chosen while the command line is parsed.
using Action = std::function<ExitCode(const Session &)>;

} // namespace coax::cli
