// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/state/desired_state.h"
#include "lib/trust/revocation_memory.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/ssh_private_key.h"
#include "lib/trust/trust_anchors.h"

namespace coax {

/// What this node trusts with and is trusted by: its key, its certificate, the CAs, what is revoked,
/// and the certificate of its controllers. Read from the files of [control].
struct Identity {
    SshPrivateKey key;
    std::optional<SshCertificate> certificate; // absent: not approved yet
    TrustAnchors anchors;
    RevocationMemory revocations;
    std::string tls_certificate; // DER
    std::string problem;         // what is not as it should be, though it works; empty: nothing

    /// Errors name the file and what makes it.
    static Result<Identity> load(const DesiredState &state);

    /// Takes a newer certificate of this node's key and writes it to the file: kInvalid unless it is
    /// one, for this name, by an anchor.
    Status renew(const DesiredState &state, const std::string &blob, UnixTime now);
};

} // namespace coax
