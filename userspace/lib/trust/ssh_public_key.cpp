// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/ssh_public_key.h"

#include <sodium.h>

#include "lib/trust/armor.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/wire.h"

namespace coax {

Result<SshPublicKey> SshPublicKey::from_blob(std::string_view blob) {
    WireReader reader(blob);
    const std::string_view type = reader.string();
    COAX_TRY(expect_ssh_type(type, kSshKeyType));
    SshPublicKey key;
    key.bytes = reader.fixed_string<sizeof(key.bytes)>();
    COAX_TRY(reader.finish("public key"));
    return key;
}

Result<SshPublicKey> SshPublicKey::parse(std::string_view line) {
    COAX_ASSIGN_OR_RETURN(const SshLine parts, parse_ssh_line(line));
    return from_blob(parts.blob);
}

std::string SshPublicKey::blob() const {
    WireWriter writer;
    writer.string(kSshKeyType);
    writer.string(bytes);
    return writer.take();
}

std::string SshPublicKey::to_line(std::string_view comment) const {
    return write_ssh_line(kSshKeyType, blob(), comment);
}

std::string SshPublicKey::fingerprint() const {
    const std::string input = blob();
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(input), input.size());
    std::string text = encode_base64(text_of(hash));
    text.erase(text.find('='));
    return "SHA256:" + text;
}

bool SshPublicKey::verifies(std::string_view message, const Ed25519Signature &signature) const {
    return crypto_sign_verify_detached(signature.data(), bytes_of(message), message.size(),
                                       bytes.data()) == 0;
}

} // namespace coax
