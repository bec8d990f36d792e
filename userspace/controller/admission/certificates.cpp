// SPDX-License-Identifier: Apache-2.0
#include "controller/admission/certificates.h"

#include <charconv>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/trust/certificate_check.h"

namespace coax::controller {

std::variant<SshCertificate, Refused> judge_certificate(std::string_view blob,
                                                        const SshPublicKey &key,
                                                        std::string_view name,
                                                        const CertificateRule &rule) {
    if (rule.anchors.cas.empty())
        return refused(kNoTrustAnchors,
                       "the controller believes no CA yet: put the public key of the operators' CA "
                       "into its file of trust anchors (`coax ca init` makes a CA)");
    if (blob.size() > kCertificateBytesMax)
        return refused({RefusalReason::kTooLarge,
                        fmt::format("certificate: expected at most {} bytes, found {}",
                                    kCertificateBytesMax, blob.size())});
    auto certificate = SshCertificate::from_blob(blob);
    if (!certificate.ok())
        return refused(refusal_of(certificate.error(), "certificate of " + coax::quoted(name)));
    if (certificate->facts.key != key)
        return refused({RefusalReason::kOtherNode,
                        fmt::format("the certificate is of the key {}, the node's identity is {}: "
                                    "have that one certified",
                                    certificate->facts.key.fingerprint(), key.fingerprint())});
    const CertificateDemand demand{CertificateType::kHost, name};
    if (auto refusal = check_certificate(*certificate, demand, rule.anchors, rule.revocations))
        return refused(*std::move(refusal));
    const Validity validity{certificate->facts.valid_after, certificate->facts.valid_before,
                            "the certificate of " + coax::quoted(name),
                            fmt::format("have the key certified again (`coax nodes approve {}`, "
                                        "coax ca sign, ssh-keygen -s)",
                                        name)};
    if (auto refusal = check_validity(validity, rule.now))
        return refused(*std::move(refusal));
    return std::move(*certificate);
}

std::set<NodeId> tied_ids(const SshCertificate &certificate) {
    constexpr std::string_view kFront = "node-";
    constexpr std::string_view kBack = "@coax";
    std::set<NodeId> ids;
    for (const std::string_view principal : certificate.facts.principals) {
        if (!principal.starts_with(kFront) || !principal.ends_with(kBack))
            continue;
        const char *end = principal.data() + principal.size() - kBack.size();
        std::uint32_t id = 0;
        const auto [stop, error] = std::from_chars(principal.data() + kFront.size(), end, id);
        ids.insert(NodeId(error == std::errc() && stop == end ? id : 0)); // 0: an id of nobody
    }
    return ids;
}

} // namespace coax::controller
