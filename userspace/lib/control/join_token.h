// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/trust/ssh_public_key.h"

namespace coax {

constexpr std::size_t kJoinTokenBytesMax = 8192; // as text
constexpr std::size_t kJoinControllersMax = 8;

/// What a new node needs to find its controllers and to know them, and the CAs to believe in:
/// everything that is not its own. Goes from the operator to the node by a way both trust.
struct JoinToken {
    std::string network_id;
    std::vector<std::string> controllers; // "host:port", at least one
    std::string tls_certificate;          // DER; what the controllers show
    std::string secret;                   // "ID.SECRET"
    std::vector<SshPublicKey> cas;        // empty: the node has its own file of trust anchors

    /// "coax1-" and base64url without padding: one word, for a command line.
    [[nodiscard]] std::string to_text() const;
    /// kInvalid for any other text, kVersion for a later form; errors show nothing of the secret.
    static Result<JoinToken> parse(std::string_view text);
    bool operator==(const JoinToken &) const = default;
};

} // namespace coax
