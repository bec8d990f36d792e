// SPDX-License-Identifier: Apache-2.0
#include "cli/controller_access.h"

#include <filesystem>

#include <fmt/format.h>

namespace coax::cli {
namespace {

constexpr std::string_view kFileName = "coax/controller.toml";

bool is_there(const std::string &path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

Result<std::unique_ptr<ControllerClient>> open_file(const Session &session,
                                                    const std::string &path) {
    COAX_ASSIGN_OR_RETURN(const OperatorFile file, own(OperatorFile::load(path)));
    return open_by_file(session, file);
}

Result<std::unique_ptr<ControllerClient>> open_named(const Session &session,
                                                     const std::string &path) {
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    return std::filesystem::is_regular_file(status) ? open_file(session, path)
                                                    : ControllerClient::at_socket(path);
}

} // namespace

Result<std::string> default_operator_file(const Host &host) {
    const std::string config = host.environment("XDG_CONFIG_HOME").value_or("");
    if (!config.empty())
        return fmt::format("{}/{}", config, kFileName);
    const std::string home = host.environment("HOME").value_or("");
    if (home.empty())
        return Error(ErrorCode::kInvalid,
                     "no place for the operator's file: neither XDG_CONFIG_HOME nor HOME is set");
    return fmt::format("{}/.config/{}", home, kFileName);
}

Result<std::unique_ptr<ControllerClient>> open_by_file(const Session &session,
                                                       const OperatorFile &file) {
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Signer> key, own(open_signer(session, file.key)));
    Error last(ErrorCode::kInvalid, "the operator's file names no controller");
    for (const std::string &address : file.controllers) {
        COAX_ASSIGN_OR_RETURN(auto client,
                              ControllerClient::at_address(address, file.tls_certificate));
        const auto logged_in = client->log_in(file.network_id, *key);
        if (logged_in.ok())
            return client;
        last = logged_in.error();
        if (last.code() != ErrorCode::kUnavailable)
            break;
    }
    return last;
}

Result<std::unique_ptr<ControllerClient>> open_controller(const Session &session) {
    if (!session.controller().empty())
        return open_named(session, session.controller());
    const std::string &socket = session.host().controller_socket;
    const auto file = default_operator_file(session.host());
    const bool has_file = file.ok() && is_there(*file);
    if (!has_file && !is_there(socket))
        return Error(ErrorCode::kNotFound,
                     fmt::format("no controller runs here (no {}) and this user has not logged in "
                                 "at one: use `coax login`, or --controller PATH",
                                 socket));
    auto client = ControllerClient::at_socket(socket);
    return client.ok() || !has_file ? std::move(client) : open_file(session, *file);
}

ExitCode with_controller(const Session &session, const ControllerVerb &verb) {
    auto client = open_controller(session);
    if (!client.ok())
        return session.fail_plainly(client.error());
    const Result<ExitCode> code = verb(**client);
    return code.ok() ? *code : session.fail_plainly(code.error());
}

} // namespace coax::cli
