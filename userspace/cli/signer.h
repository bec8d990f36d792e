// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/session.h"
#include "lib/trust/signer.h"

namespace coax::cli {

constexpr std::size_t kKeyFileBytesMax = 16 * 1024 * 1024;

/// Where a private key is: of a CA, or of an operator.
struct KeyOptions {
    std::string key;    // path of the private key; the public one is key.pub
    bool agent = false; // it is in the ssh-agent instead
};

/// Who signs, as options say. With an agent, which key is wanted is read from key.pub.
Result<std::unique_ptr<Signer>> open_signer(const Session &session, const KeyOptions &options);

/// The key in a file: of a public key, or of a certificate.
Result<SshPublicKey> read_public_key(const std::filesystem::path &path);

} // namespace coax::cli
