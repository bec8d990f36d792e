// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

using Ed25519Signature = std::array<std::uint8_t, 64>;

/// Ed25519 public key (RFC 8709): of a node's identity, of a CA.
struct SshPublicKey {
    std::array<std::uint8_t, 32> bytes{};

    /// {string "ssh-ed25519", string key[32]}. kUnsupported for the other types of OpenSSH and for
    /// certificates, kInvalid for anything else.
    static Result<SshPublicKey> from_blob(std::string_view blob);
    /// "ssh-ed25519 AAAA... comment", one line as in a .pub file; errors as from_blob().
    static Result<SshPublicKey> parse(std::string_view line);

    [[nodiscard]] std::string blob() const;
    /// With a line break at the end.
    [[nodiscard]] std::string to_line(std::string_view comment) const;
    /// "SHA256:...", as ssh-keygen -l prints.
    [[nodiscard]] std::string fingerprint() const;
    /// Pure Ed25519 (RFC 8032), as strict as libsodium: no small-order key, no second S.
    [[nodiscard]] bool verifies(std::string_view message, const Ed25519Signature &signature) const;
    auto operator<=>(const SshPublicKey &) const = default;
};

} // namespace coax
