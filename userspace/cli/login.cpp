// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>

#include "cli/controller_access.h"
#include "cli/format.h"
#include "cli/verbs.h"
#include "lib/base/file.h"
#include "lib/control/pinned_channel.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kFileMode = 0600;
constexpr std::uint32_t kFolderMode = 0700;
constexpr std::size_t kPemBytesMax = 64 * 1024;

struct LoginOptions {
    std::vector<std::string> controllers;
    std::string tls;
    std::string file; // empty: default_operator_file()
    KeyOptions key;
};

Result<OperatorFile> file_of(const LoginOptions &options) {
    OperatorFile file;
    file.controllers = options.controllers;
    COAX_ASSIGN_OR_RETURN(const std::string pem, read_file(options.tls, kPemBytesMax));
    auto certificate = certificate_from_pem(pem);
    if (!certificate.ok())
        return certificate.error().with_context(options.tls);
    file.tls_certificate = std::move(*certificate);
    file.key = options.key;
    file.key.key = std::filesystem::absolute(options.key.key).string();
    return file;
}

/// At the first controller; the file learns the overlay's id from it.
Result<ctl::Session> try_it(const Session &session, OperatorFile &file) {
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Signer> key, own(open_signer(session, file.key)));
    COAX_ASSIGN_OR_RETURN(
        auto client, ControllerClient::at_address(file.controllers.front(), file.tls_certificate));
    COAX_ASSIGN_OR_RETURN(auto logged_in, client->log_in("", *key));
    file.network_id = std::move(logged_in.network_id);
    return std::move(logged_in.session);
}

Result<ExitCode> log_in(const Session &session, const LoginOptions &options) {
    std::string path = options.file;
    if (path.empty()) {
        COAX_ASSIGN_OR_RETURN(path, default_operator_file(session.host()));
    }
    COAX_ASSIGN_OR_RETURN(OperatorFile file, own(file_of(options)));
    COAX_ASSIGN_OR_RETURN(const ctl::Session made, try_it(session, file));
    const auto folder = std::filesystem::absolute(path).parent_path();
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored))
        COAX_TRY(own(ensure_directory(folder, kFolderMode)));
    COAX_TRY(own(write_file_atomically(path, file.to_text(), kFileMode)));
    session.print(fmt::format("Logged in at {} (network {}) as {}, {}.\nWritten to {}\n",
                              file.controllers.front(), printable(file.network_id),
                              printable(made.who()), printable(made.role()), path),
                  {{"path", path},
                   {"network_id", file.network_id},
                   {"controllers", file.controllers},
                   {"who", made.who()},
                   {"role", made.role()}});
    return ExitCode::kOk;
}

ExitCode run(const Session &session, const LoginOptions &options) {
    const Result<ExitCode> code = log_in(session, options);
    return code.ok() ? *code : session.fail_plainly(code.error());
}

} // namespace

void add_login(Verb app, Action &action) {
    auto options = std::make_shared<LoginOptions>();
    const Verb verb = app.add_subcommand("login", "Reach a controller from another machine");
    verb.add_option("controllers", options->controllers, "host:port of each controller")
        .required()
        .type_name("ADDRESS");
    verb.add_option("--tls", options->tls, "The controllers' certificate (PEM)")
        .required()
        .type_name("PATH");
    verb.add_option("--key", options->key.key, "Private key whose public key the controller has")
        .required()
        .type_name("PATH");
    verb.add_flag("--agent", options->key.agent, "It is in ssh-agent; PATH.pub says which");
    verb.add_option("-o,--out", options->file, "Where to write the operator's file")
        .type_name("PATH");
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
