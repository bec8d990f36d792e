// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/signer.h"

#include "lib/trust/ssh_line.h"
#include "lib/trust/wire.h"

namespace coax {

std::string signature_blob(const Ed25519Signature &signature) {
    WireWriter writer;
    writer.string(kSshKeyType);
    writer.string(signature);
    return writer.take();
}

Result<Ed25519Signature> parse_signature_blob(std::string_view blob) {
    WireReader reader(blob);
    const std::string_view type = reader.string();
    COAX_TRY(expect_ssh_type(type, kSshKeyType));
    const auto signature = reader.fixed_string<sizeof(Ed25519Signature)>();
    COAX_TRY(reader.finish("signature"));
    return signature;
}

} // namespace coax
