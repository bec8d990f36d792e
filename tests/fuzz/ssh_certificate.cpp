// SPDX-License-Identifier: Apache-2.0
// OpenSSH certificates. As a blob, and with its signature put right, so that what lies behind the
// check of the signature is reached too.
#include "lib/trust/ssh_certificate.h"

#include <algorithm>

#include "fuzz/require.h"
#include "fuzz/trust_keys.h"
#include "lib/trust/certificate_check.h"
#include "lib/trust/wire.h"

using coax::fuzz::require;

namespace {

void check(std::string_view blob, const coax::TrustAnchors &anchors) {
    const auto certificate = coax::SshCertificate::from_blob(blob);
    if (!certificate.ok())
        return;
    const auto again = coax::SshCertificate::parse(certificate->to_line("x"));
    require(again.ok() && again->blob == blob, "a certificate survives being written");
    const coax::CertificateDemand demand{coax::CertificateType::kHost, "storage1"};
    const auto refusal = coax::check_certificate(*certificate, demand, anchors, {});
    if (refusal) {
        require(!refusal->message.empty(), "a refusal says why");
        return;
    }
    const auto &facts = certificate->facts;
    require(anchors.contains(certificate->ca), "only anchors certify");
    require(facts.type == coax::CertificateType::kHost && certificate->critical_options.empty(),
            "only what was asked for is certified");
    require(std::count(facts.principals.begin(), facts.principals.end(), "storage1") > 0,
            "only who was asked for is certified");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static coax::SshPrivateKey ca = coax::fuzz::fixed_key('a');
    static const coax::TrustAnchors anchors{{{ca.public_key(), ""}}};
    const std::string_view body = coax::fuzz::as_text(data, size);
    check(body, anchors);
    coax::WireWriter with_ca;
    with_ca.raw(body);
    with_ca.string(ca.public_key().blob());
    const auto signature = ca.sign(with_ca.bytes());
    with_ca.string(coax::signature_blob(*signature));
    check(with_ca.bytes(), anchors);
    return 0;
}
