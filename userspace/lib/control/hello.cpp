// SPDX-License-Identifier: Apache-2.0
#include "lib/control/hello.h"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/trust/sshsig.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::size_t kProofBytesMax = 1024; // with a plain key they have less than 200

Result<std::string_view> first_word(std::string_view name_space) {
    if (name_space == kHelloNamespace)
        return std::string_view("coax-hello");
    if (name_space == kLogInNamespace)
        return std::string_view("coax-login");
    return Error(ErrorCode::kInvalid,
                 fmt::format("no proof is defined for namespace {}", name_space));
}

Result<std::string> payload(const ChallengeFacts &facts, std::string_view name,
                            std::string_view name_space) {
    COAX_ASSIGN_OR_RETURN(const std::string_view word, first_word(name_space));
    if (facts.nonce.size() != kControlNonceBytes)
        return Error(ErrorCode::kInvalid,
                     fmt::format("challenge: expected a nonce of {} bytes, found {}",
                                 kControlNonceBytes, facts.nonce.size()));
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), bytes_of(facts.tls_certificate),
                       facts.tls_certificate.size());
    WireWriter out;
    out.string(word);
    out.uint32(kControlProtocol);
    out.string(facts.network_id);
    out.string(facts.nonce);
    out.string(digest);
    out.string(name);
    return out.take();
}

} // namespace

Result<std::string> prove(const ChallengeFacts &facts, std::string_view name,
                          std::string_view name_space, Signer &signer) {
    COAX_ASSIGN_OR_RETURN(const std::string message, payload(facts, name, name_space));
    return sign_sshsig(message, name_space, signer.public_key().blob(), signer);
}

Status check_proof(std::string_view proof, const ChallengeFacts &facts, std::string_view name,
                   std::string_view name_space, const SshPublicKey &key) {
    COAX_ASSIGN_OR_RETURN(const std::string message, payload(facts, name, name_space));
    if (proof.size() > kProofBytesMax)
        return Error(ErrorCode::kInvalid, fmt::format("proof: expected at most {} bytes, found {}",
                                                      kProofBytesMax, proof.size()));
    auto signer = verify_sshsig(proof, message, name_space);
    if (!signer.ok())
        return signer.error().with_context("proof");
    if (signer->certificate)
        return Error(ErrorCode::kInvalid,
                     "proof: expected a signature with the plain key, found a certificate in it");
    if (signer->key != key)
        return Error(ErrorCode::kPermission,
                     fmt::format("proof: expected a signature by {}, found one by {}",
                                 key.fingerprint(), signer->key.fingerprint()));
    return {};
}

} // namespace coax
