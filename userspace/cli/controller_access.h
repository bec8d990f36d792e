// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/controller_client.h"
#include "cli/operator_file.h"
#include "cli/session.h"

namespace coax::cli {

/// Where `coax login` writes: "$XDG_CONFIG_HOME/coax/controller.toml", or below "$HOME/.config".
/// kInvalid when neither is set.
Result<std::string> default_operator_file(const Host &host);

/// The controller the session names: a unix socket, or an operator's file. It names none: the
/// socket of this machine's controller, else the operator's file of this user; the error says so.
Result<std::unique_ptr<ControllerClient>> open_controller(const Session &session);

/// Logged in at the first controller of the file that answers.
Result<std::unique_ptr<ControllerClient>> open_by_file(const Session &session,
                                                       const OperatorFile &file);

/// What a verb does with a controller. An Error of ours, such as an unreadable key, ends with exit
/// code 1; one of the client says itself whether the controller was reachable.
using ControllerVerb = std::function<Result<ExitCode>(ControllerClient &)>;
ExitCode with_controller(const Session &session, const ControllerVerb &verb);

/// An error of this machine, so that it does not pass for "controller not reachable".
template <typename T>
Result<T> own(Result<T> result) {
    if (!result.ok())
        return Error(ErrorCode::kInvalid, result.error().message());
    return result;
}

} // namespace coax::cli
