// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/trust/signer.h"

// How a node, or an operator, shows a controller that it holds its key. The controller's TLS
// certificate is signed with the rest: a controller in the middle cannot pass the proof on.
namespace coax {

constexpr std::uint32_t kControlProtocol = 1;
constexpr std::size_t kControlNonceBytes = 32;

constexpr std::string_view kHelloNamespace = "hello@coax";
constexpr std::string_view kLogInNamespace = "login@coax";

/// What both sides know of one challenge.
struct ChallengeFacts {
    std::string network_id;
    std::string nonce;           // kControlNonceBytes
    std::string tls_certificate; // DER, as the client has pinned it
};

/// SSHSIG blob with the plain key. Payload: SSH data types {string "coax-hello" or "coax-login",
/// uint32 protocol, string network id, string nonce, string SHA-256 of the certificate,
/// string name}; `name` is that of the node, empty for an operator.
Result<std::string> prove(const ChallengeFacts &facts, std::string_view name,
                          std::string_view name_space, Signer &signer);

/// kPermission when `proof` is not that of `key` for these facts, kInvalid when it does not parse.
Status check_proof(std::string_view proof, const ChallengeFacts &facts, std::string_view name,
                   std::string_view name_space, const SshPublicKey &key);

} // namespace coax
