// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/sshsig.h"

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/text.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kMagic = "SSHSIG";
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kSha256 = "sha256";
constexpr std::string_view kSha512 = "sha512";

std::string sha256(std::string_view message) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(message), message.size());
    return std::string(text_of(hash));
}

std::string sha512(std::string_view message) {
    std::array<std::uint8_t, crypto_hash_sha512_BYTES> hash{};
    crypto_hash_sha512(hash.data(), bytes_of(message), message.size());
    return std::string(text_of(hash));
}

Result<std::string> hash_of(std::string_view algorithm, std::string_view message) {
    if (algorithm == kSha512)
        return sha512(message);
    if (algorithm == kSha256)
        return sha256(message);
    return Error(ErrorCode::kUnsupported,
                 fmt::format("hash algorithm {} of the signature is not supported, expected {} "
                             "or {}",
                             coax::quoted(algorithm, 20), kSha512, kSha256));
}

/// The bytes under the signature.
std::string signed_bytes(std::string_view name_space, std::string_view algorithm,
                         std::string_view hash) {
    WireWriter writer;
    writer.raw(kMagic);
    writer.string(name_space);
    writer.string(std::string_view()); // reserved
    writer.string(algorithm);
    writer.string(hash);
    return writer.take();
}

Result<SshsigSigner> read_signer(std::string_view blob) {
    SshsigSigner signer;
    if (WireReader(blob).string() == kSshCertificateType) {
        COAX_ASSIGN_OR_RETURN(signer.certificate, SshCertificate::from_blob(blob));
        signer.key = signer.certificate->facts.key;
        return signer;
    }
    COAX_ASSIGN_OR_RETURN(signer.key, SshPublicKey::from_blob(blob));
    return signer;
}

struct Parts {
    std::uint32_t version = 0;
    std::string_view public_blob;
    std::string_view name_space;
    std::string_view algorithm;
    std::string_view signature;
};

Result<Parts> take_apart(std::string_view bytes) {
    WireReader reader(bytes);
    Parts parts;
    const bool begins = reader.raw(kMagic.size()) == kMagic;
    parts.version = reader.uint32();
    if (begins && !reader.failed() && parts.version != kVersion)
        return Error(ErrorCode::kVersion,
                     fmt::format("signature format {}, expected {}", parts.version, kVersion));
    parts.public_blob = reader.string();
    parts.name_space = reader.string();
    reader.string(); // reserved
    parts.algorithm = reader.string();
    parts.signature = reader.string();
    if (!begins)
        return Error(ErrorCode::kInvalid, "not an SSH signature: it does not begin with SSHSIG");
    COAX_TRY(reader.finish("SSH signature"));
    return parts;
}

} // namespace

Result<std::string> sign_sshsig(std::string_view message, std::string_view name_space,
                                std::string_view public_blob, Signer &signer) {
    const std::string to_sign = signed_bytes(name_space, kSha512, sha512(message));
    COAX_ASSIGN_OR_RETURN(const Ed25519Signature signature, signer.sign(to_sign));
    WireWriter writer;
    writer.raw(kMagic);
    writer.uint32(kVersion);
    writer.string(public_blob);
    writer.string(name_space);
    writer.string(std::string_view()); // reserved
    writer.string(kSha512);
    writer.string(signature_blob(signature));
    return writer.take();
}

Result<SshsigSigner> verify_sshsig(std::string_view signature, std::string_view message,
                                   std::string_view name_space) {
    COAX_ASSIGN_OR_RETURN(const Parts parts, take_apart(signature));
    if (parts.name_space != name_space)
        return Error(ErrorCode::kInvalid,
                     fmt::format("signed for namespace {}, expected {}",
                                 coax::quoted(parts.name_space, 60), coax::quoted(name_space, 60)));
    COAX_ASSIGN_OR_RETURN(SshsigSigner signer, read_signer(parts.public_blob));
    COAX_ASSIGN_OR_RETURN(const std::string hash, hash_of(parts.algorithm, message));
    COAX_ASSIGN_OR_RETURN(const auto bytes, parse_signature_blob(parts.signature));
    if (!signer.key.verifies(signed_bytes(name_space, parts.algorithm, hash), bytes))
        return Error(ErrorCode::kPermission,
                     fmt::format("the signature does not fit: {} did not sign this message; was it "
                                 "changed on its way?",
                                 signer.key.fingerprint()));
    return signer;
}

} // namespace coax
