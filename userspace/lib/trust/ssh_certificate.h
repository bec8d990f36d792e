// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/trust/signer.h"
#include "lib/trust/ssh_public_key.h"
#include "lib/trust/unix_time.h"

namespace coax {

/// A certificate as bytes on the wire; larger ones are refused unread.
constexpr std::size_t kCertificateBytesMax = 8192;

enum class CertificateType : std::uint32_t { kUser = 1, kHost = 2 };

/// "user", "host".
std::string_view certificate_type_name(CertificateType type);

/// What a CA certifies. Valid from `valid_after` on, until before `valid_before`.
struct CertificateFacts {
    SshPublicKey key;
    std::uint64_t serial = 0; // 0: none
    CertificateType type = CertificateType::kHost;
    std::string key_id; // free text, for logs
    std::vector<std::string> principals;
    UnixTime valid_after;
    UnixTime valid_before = kForever;
};

/// OpenSSH certificate of an Ed25519 key, signed by an Ed25519 key (OpenSSH PROTOCOL.certkeys).
/// One that exists was signed by `ca`; whether that is trusted is for check_certificate().
struct SshCertificate {
    CertificateFacts facts;
    std::vector<std::string> critical_options; // names
    std::vector<std::string> extensions;       // names
    SshPublicKey ca;
    std::string blob; // the whole, as it was signed

    /// kInvalid when it is damaged or larger than kCertificateBytesMax; kPermission when the CA did
    /// not sign it; kUnsupported for other types of key or of CA key (also: a certificate as CA).
    static Result<SshCertificate> from_blob(std::string_view blob);
    /// "ssh-ed25519-cert-v01@openssh.com AAAA... comment", one line as in a -cert.pub file.
    static Result<SshCertificate> parse(std::string_view line);
    /// With a line break at the end.
    [[nodiscard]] std::string to_line(std::string_view comment) const;
};

/// Without critical options and extensions. kInvalid when OpenSSH would not take it: no principals,
/// an end before the start, or too large.
Result<SshCertificate> make_certificate(const CertificateFacts &facts, Signer &ca);

} // namespace coax
