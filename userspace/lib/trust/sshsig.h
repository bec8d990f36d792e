// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/trust/signer.h"
#include "lib/trust/ssh_certificate.h"

// Signatures of messages (OpenSSH PROTOCOL.sshsig), as ssh-keygen -Y sign and -Y verify have them.
// As text: armor(signature, kSshsigLabel).
namespace coax {

constexpr std::string_view kSshsigLabel = "SSH SIGNATURE";

/// Who signed.
struct SshsigSigner {
    SshPublicKey key;
    std::optional<SshCertificate> certificate; // when the signature carries one; of `key`
};

/// Over SHA-512 of the message. `name_space` is not empty; ours end in "@coax".
/// `public_blob`: what the signature says of its key: its blob(), or its certificate's blob.
Result<std::string> sign_sshsig(std::string_view message, std::string_view name_space,
                                std::string_view public_blob, Signer &signer);

/// The signer of `message` for this purpose, whom to trust is the caller's to decide. SHA-256 or
/// SHA-512. kInvalid when the signature is damaged or for another namespace; kPermission when the key
/// did not sign this message; kUnsupported for other key types; kVersion for a later format.
Result<SshsigSigner> verify_sshsig(std::string_view signature, std::string_view message,
                                   std::string_view name_space);

} // namespace coax
