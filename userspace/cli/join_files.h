// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/join_config.h"
#include "lib/control/join_token.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/ssh_private_key.h"
#include "lib/trust/trust_anchors.h"

// What a node keeps of its joining. The configuration comes last: while it is missing the node has
// not joined, and all of it can be done again.
namespace coax::cli {

struct JoinPaths {
    std::string config;
    std::string folder;      // <state_dir>/control, mode 0700
    std::string identity;    // private key
    std::string certificate; // identity + "-cert.pub"
    std::string anchors;
    std::string tls_certificate;
};

/// `identity` empty: the default one.
JoinPaths join_paths(const std::string &config, const std::string &state_dir,
                     const std::string &identity);

/// Before anything is asked of a controller: the folder is made, and the configuration can be
/// written. kExists when one is there that is not of this overlay; present when it is.
Result<std::optional<PresentConfig>> prepare_files(const JoinPaths &paths, const JoinToken &token);

/// The key that is there, or a new one.
Result<SshPrivateKey> ready_identity(const JoinPaths &paths, const std::string &name);

/// The certificate that is there, when it is of `key`; absent: there is none.
Result<std::optional<SshCertificate>> present_certificate(const JoinPaths &paths,
                                                          const SshPublicKey &key);

/// The CAs to believe: of the file that is there, which must have those that are wanted, too; else
/// those that are wanted.
Result<TrustAnchors> ready_anchors(const JoinPaths &paths, const TrustAnchors &wanted);

struct JoinedFiles {
    TrustAnchors anchors;
    std::optional<SshCertificate> certificate; // absent: the one that is there
    std::string tls_certificate;               // DER
    std::string config;
};
Status write_files(const JoinPaths &paths, const JoinedFiles &files);

} // namespace coax::cli
