// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/trust/signer.h"

namespace coax {

/// A payload and who signed it.
struct SignedRecord {
    std::string payload;
    SshPublicKey signer;
};

/// {string payload, string SSHSIG signature over it}, the signature with the plain key.
Result<std::string> sign_record(std::string_view payload, std::string_view name_space,
                                Signer &signer);

/// kInvalid when damaged, or not signed for `name_space` with a plain key.
Result<SignedRecord> open_record(std::string_view bytes, std::string_view name_space);

} // namespace coax
