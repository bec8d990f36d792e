// SPDX-License-Identifier: Apache-2.0
#include "cli/signer.h"

#include <chrono>

#include "lib/base/file.h"
#include "lib/trust/ssh_agent.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/ssh_private_key.h"

namespace coax::cli {
namespace {

constexpr std::chrono::seconds kAgentPatience(120); // someone may have to find the token

Result<std::unique_ptr<Signer>> open_in_agent(const Session &session, const KeyOptions &options) {
    const bool is_public = options.key.ends_with(".pub");
    COAX_ASSIGN_OR_RETURN(const SshPublicKey key,
                          read_public_key(is_public ? options.key : options.key + ".pub"));
    const std::string socket = session.host().environment("SSH_AUTH_SOCK").value_or("");
    COAX_ASSIGN_OR_RETURN(SshAgent agent, SshAgent::connect(socket, kAgentPatience));
    COAX_ASSIGN_OR_RETURN(AgentSigner signer, AgentSigner::open(std::move(agent), key));
    return std::unique_ptr<Signer>(std::make_unique<AgentSigner>(std::move(signer)));
}

} // namespace

Result<std::unique_ptr<Signer>> open_signer(const Session &session, const KeyOptions &options) {
    if (options.agent)
        return open_in_agent(session, options);
    COAX_ASSIGN_OR_RETURN(SshPrivateKey key, SshPrivateKey::load(options.key));
    return std::unique_ptr<Signer>(std::make_unique<SshPrivateKey>(std::move(key)));
}

Result<SshPublicKey> read_public_key(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kKeyFileBytesMax));
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

} // namespace coax::cli
