// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/trust/refusal.h"
#include "lib/trust/revocation_list.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/trust_anchors.h"

namespace coax {

/// What a certificate is needed for.
struct CertificateDemand {
    CertificateType type = CertificateType::kHost;
    std::string_view principal; // must be among the certificate's; not empty
};

/// Whether `certificate` certifies this: by one of the anchors, for this type and principal, without
/// critical options (none is known here, and OpenSSH takes none in host certificates), not revoked.
/// When it is valid is for check_validity(). Nothing: all is well.
std::optional<Refusal> check_certificate(const SshCertificate &certificate,
                                         const CertificateDemand &demand,
                                         const TrustAnchors &anchors,
                                         const RevocationList &revocations);

/// A span of time in which something is valid: `from` <= now < `until`.
struct Validity {
    UnixTime from;
    UnixTime until;
    std::string what;  // "certificate of storage1", for the text
    std::string renew; // what to do when it is over
};

/// kNotYetValid, kExpired, or nothing.
std::optional<Refusal> check_validity(const Validity &validity, UnixTime now);

} // namespace coax
