// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/trust/ssh_public_key.h"

namespace coax {

/// Who can sign with one Ed25519 key: SshPrivateKey, or an ssh-agent that holds it.
/// Threads: one.
class Signer {
  public:
    virtual ~Signer() = default;
    [[nodiscard]] virtual const SshPublicKey &public_key() const = 0;
    /// Pure Ed25519 over `message`. kUnavailable or kPermission when the key's holder refuses.
    virtual Result<Ed25519Signature> sign(std::string_view message) = 0;
};

/// {string "ssh-ed25519", string signature[64]} (RFC 8709 section 6).
std::string signature_blob(const Ed25519Signature &signature);

/// kUnsupported for signatures of other key types.
Result<Ed25519Signature> parse_signature_blob(std::string_view blob);

} // namespace coax
