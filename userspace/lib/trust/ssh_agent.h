// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/trust/signer.h"

namespace coax {

/// A key that an ssh-agent offers; Ed25519 only, the others are not listed.
struct AgentIdentity {
    SshPublicKey key;
    std::string comment;
};

/// Bodies of the agent's answers (draft-miller-ssh-agent section 3); pure.
Result<std::vector<AgentIdentity>> parse_agent_identities(std::string_view answer);
Result<Ed25519Signature> parse_agent_signature(std::string_view answer);

/// A connection to an ssh-agent. Threads: one. Every call has a deadline, after which the connection
/// is of no more use: kUnavailable.
class SshAgent {
  public:
    /// `socket`: the path in SSH_AUTH_SOCK. `patience` is how long one answer may take; a key in
    /// hardware waits for a finger.
    static Result<SshAgent> connect(const std::string &socket, std::chrono::seconds patience);

    Result<std::vector<AgentIdentity>> identities();
    Result<Ed25519Signature> sign(const SshPublicKey &key, std::string_view message);

  private:
    explicit SshAgent(UniqueFd fd) : fd_(std::move(fd)) {}
    Result<std::string> ask(std::string_view request);

    UniqueFd fd_;
};

/// One key of an agent as a Signer.
class AgentSigner final : public Signer {
  public:
    /// kNotFound when the agent does not have the key; the error says how to add it.
    static Result<AgentSigner> open(SshAgent agent, const SshPublicKey &key);

    [[nodiscard]] const SshPublicKey &public_key() const override { return key_; }
    Result<Ed25519Signature> sign(std::string_view message) override;

  private:
    AgentSigner(SshAgent agent, const SshPublicKey &key) : agent_(std::move(agent)), key_(key) {}

    SshAgent agent_;
    SshPublicKey key_;
};

} // namespace coax
