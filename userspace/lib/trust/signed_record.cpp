// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/signed_record.h"

#include "lib/trust/sshsig.h"
#include "lib/trust/wire.h"

namespace coax {

Result<std::string> sign_record(std::string_view payload, std::string_view name_space,
                                Signer &signer) {
    COAX_ASSIGN_OR_RETURN(const std::string signature,
                          sign_sshsig(payload, name_space, signer.public_key().blob(), signer));
    WireWriter writer;
    writer.string(payload);
    writer.string(signature);
    return writer.take();
}

Result<SignedRecord> open_record(std::string_view bytes, std::string_view name_space) {
    WireReader reader(bytes);
    const std::string_view payload = reader.string();
    const std::string_view signature = reader.string();
    COAX_TRY(reader.finish("signed record"));
    COAX_ASSIGN_OR_RETURN(const SshsigSigner signer, verify_sshsig(signature, payload, name_space));
    if (signer.certificate)
        return Error(ErrorCode::kInvalid, "signed record: expected a signature with a plain key, "
                                          "found one with a certificate");
    return SignedRecord{std::string(payload), signer.key};
}

} // namespace coax
