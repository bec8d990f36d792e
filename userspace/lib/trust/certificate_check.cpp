// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/certificate_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/text.h"

namespace coax {
namespace {

std::string list_text(const std::vector<std::string> &names) {
    constexpr std::size_t kShownMax = 8;
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), kShownMax); ++i)
        out += (i == 0 ? "" : ", ") + coax::quoted(names[i], 64);
    return names.size() > kShownMax ? out + ", ..." : out;
}

std::optional<Refusal> check_principal(const SshCertificate &certificate,
                                       const CertificateDemand &demand) {
    const auto &principals = certificate.facts.principals;
    if (principals.empty())
        return Refusal{RefusalReason::kNoPrincipals,
                       fmt::format("the certificate has no principals, so it would fit everybody: "
                                   "sign one for {} (ssh-keygen -n, coax ca sign --name)",
                                   coax::quoted(demand.principal))};
    if (std::find(principals.begin(), principals.end(), demand.principal) == principals.end())
        return Refusal{RefusalReason::kWrongPrincipal,
                       fmt::format("the certificate is for {}, expected {}: sign one with that "
                                   "name, or use the right name",
                                   list_text(principals), coax::quoted(demand.principal))};
    return std::nullopt;
}

} // namespace

std::optional<Refusal> check_certificate(const SshCertificate &certificate,
                                         const CertificateDemand &demand,
                                         const TrustAnchors &anchors,
                                         const RevocationList &revocations) {
    if (!anchors.contains(certificate.ca))
        return Refusal{RefusalReason::kWrongCa,
                       fmt::format("the certificate is signed by {}, expected one of the trust "
                                   "anchors {}: sign it with such a CA, or add this one to the "
                                   "file of anchors",
                                   certificate.ca.fingerprint(), anchors.to_string())};
    if (revocations.revokes(certificate))
        return Refusal{RefusalReason::kRevoked,
                       fmt::format("revoked by list version {} (key {}, serial {}): make a new "
                                   "key and have it certified",
                                   revocations.version, certificate.facts.key.fingerprint(),
                                   certificate.facts.serial)};
    if (certificate.facts.type != demand.type)
        return Refusal{RefusalReason::kWrongType,
                       fmt::format("a {} certificate, expected a {} certificate: sign it {} "
                                   "ssh-keygen's option -h",
                                   certificate_type_name(certificate.facts.type),
                                   certificate_type_name(demand.type),
                                   demand.type == CertificateType::kHost ? "with" : "without")};
    if (!certificate.critical_options.empty())
        return Refusal{RefusalReason::kCriticalOption,
                       fmt::format("the certificate has the critical option {}, which means \"do "
                                   "not accept me unless you understand this\": sign one without",
                                   list_text(certificate.critical_options))};
    return check_principal(certificate, demand);
}

std::optional<Refusal> check_validity(const Validity &validity, UnixTime now) {
    if (now < validity.from)
        return Refusal{RefusalReason::kNotYetValid,
                       fmt::format("{} is valid from {} on, here it is {}: check the clocks of "
                                   "this machine and of the one that signed",
                                   validity.what, time_text(validity.from), time_text(now))};
    if (now >= validity.until && validity.until < kForever)
        return Refusal{RefusalReason::kExpired,
                       fmt::format("{} was valid until {}, here it is {}: {}; or check the clock",
                                   validity.what, time_text(validity.until), time_text(now),
                                   validity.renew)};
    return std::nullopt;
}

} // namespace coax
