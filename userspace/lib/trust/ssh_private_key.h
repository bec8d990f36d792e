// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "lib/base/secret.h"
#include "lib/base/secret_bytes.h"
#include "lib/trust/signer.h"

namespace coax {

/// Ed25519 private key: in memory only as Secret, or in buffers that are wiped.
/// Threads: one. No error shows any of it.
class SshPrivateKey final : public Signer {
  public:
    static Result<SshPrivateKey> generate();
    /// "openssh-key-v1" in its armour (OpenSSH PROTOCOL.key), unencrypted, one Ed25519 key.
    /// kUnsupported when it is encrypted (the error says what to do) or of another type.
    static Result<SshPrivateKey> parse(std::string_view text);
    /// A file that only its owner can read (kPermission otherwise); errors name it.
    static Result<SshPrivateKey> load(const std::filesystem::path &path);

    /// As ssh-keygen writes it.
    [[nodiscard]] SecretBytes to_openssh(std::string_view comment) const;

    [[nodiscard]] const SshPublicKey &public_key() const override { return public_key_; }
    Result<Ed25519Signature> sign(std::string_view message) override;

  private:
    using Seed = Secret<32>;
    using SecretKey = Secret<64>; // seed, then public key: what libsodium and OpenSSH call it

    explicit SshPrivateKey(const Seed &seed);
    static Result<SshPrivateKey> parse_section(std::string_view section,
                                               const SshPublicKey &expected);

    SecretKey secret_;
    SshPublicKey public_key_;
};

} // namespace coax
