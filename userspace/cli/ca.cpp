// SPDX-License-Identifier: Apache-2.0
#include "cli/ca.h"

#include <chrono>

#include "cli/verbs.h"
#include "lib/base/file.h"
#include "lib/trust/ssh_agent.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/ssh_private_key.h"

namespace coax::cli {
namespace {

constexpr std::chrono::seconds kAgentPatience(120); // someone may have to find the token

Result<std::unique_ptr<Signer>> open_in_agent(const Session &session, const CaOptions &options) {
    const bool is_public = options.key.ends_with(".pub");
    COAX_ASSIGN_OR_RETURN(const SshPublicKey key,
                          read_public_key(is_public ? options.key : options.key + ".pub"));
    const std::string socket = session.host().environment("SSH_AUTH_SOCK").value_or("");
    COAX_ASSIGN_OR_RETURN(SshAgent agent, SshAgent::connect(socket, kAgentPatience));
    COAX_ASSIGN_OR_RETURN(AgentSigner signer, AgentSigner::open(std::move(agent), key));
    return std::unique_ptr<Signer>(std::make_unique<AgentSigner>(std::move(signer)));
}

} // namespace

void add_ca_options(CLI::App &verb, CaOptions &options) {
    verb.add_option("--ca", options.key, "Private key of the CA (coax-ca)")->type_name("PATH");
    verb.add_flag("--agent", options.agent, "Its key is in ssh-agent; PATH.pub says which");
}

Result<std::unique_ptr<Signer>> open_ca(const Session &session, const CaOptions &options) {
    if (options.agent)
        return open_in_agent(session, options);
    COAX_ASSIGN_OR_RETURN(SshPrivateKey key, SshPrivateKey::load(options.key));
    return std::unique_ptr<Signer>(std::make_unique<SshPrivateKey>(std::move(key)));
}

Result<SshPublicKey> read_public_key(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kCaFileBytesMax));
    if (text.starts_with(kSshCertificateType)) {
        const auto certificate = SshCertificate::parse(text);
        if (!certificate.ok())
            return certificate.error().with_context(path.string());
        return certificate->facts.key;
    }
    auto key = SshPublicKey::parse(text);
    if (!key.ok())
        return key.error().with_context(path.string());
    return key;
}

ExitCode fail_without_agent(const Session &session, const Error &error) {
    return session.fail(Error(ErrorCode::kInvalid, error.message()));
}

UnixTime wall_clock(const Session &session) {
    return std::chrono::floor<std::chrono::seconds>(session.host().clock.system_now());
}

void add_ca(CLI::App &app, Action &action) {
    CLI::App *ca = app.add_subcommand("ca", "Certify nodes, for who runs no SSH CA");
    ca->require_subcommand(1, 1);
    for (const auto add : {add_ca_init, add_ca_sign, add_ca_revoke, add_ca_show})
        add(*ca, action);
}

} // namespace coax::cli
