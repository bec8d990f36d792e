// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/ca.h"
#include "lib/base/file.h"
#include "lib/trust/revocation_memory.h"
#include "lib/trust/ssh_line.h"

namespace coax::cli {
namespace {

struct Shown {
    std::string text;
    Json json;
};

Result<Shown> show_certificate(const Session &session, const std::string &path,
                               const std::string &text) {
    const auto certificate = SshCertificate::parse(text);
    if (!certificate.ok())
        return certificate.error().with_context(path);
    const UnixTime now = wall_clock(session);
    return Shown{render_certificate(*certificate, now, session.view()),
                 certificate_json(*certificate, now)};
}

Result<Shown> show_revocations(const Session &session, const std::string &path) {
    COAX_ASSIGN_OR_RETURN(const std::string bytes, read_revocation_file(path));
    const auto opened = open_revocation_list(bytes);
    if (!opened.ok())
        return opened.error().with_context(path);
    return Shown{render_revocations(*opened, session.view()), revocations_json(*opened)};
}

Result<Shown> show(const Session &session, const std::string &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kKeyFileBytesMax));
    if (text.starts_with("-----BEGIN OPENSSH PRIVATE KEY"))
        return Error(
            ErrorCode::kInvalid,
            fmt::format("{} is a private key, which is not shown: show {}.pub", path, path));
    if (text.starts_with(fmt::format("-----BEGIN {}-----", kRevocationLabel)))
        return show_revocations(session, path);
    if (text.starts_with(kSshCertificateType))
        return show_certificate(session, path, text);
    COAX_ASSIGN_OR_RETURN(const TrustAnchors anchors, TrustAnchors::parse(text, path));
    return Shown{render_anchors(anchors, session.view()), anchors_json(anchors)};
}

} // namespace

void add_ca_show(Verb ca, Action &action) {
    auto path = std::make_shared<std::string>();
    const Verb verb = ca.add_subcommand("show", "What a certificate, CA file or list says");
    verb.add_option("file", *path, "Certificate, trust anchors or revocation list")
        .required()
        .type_name("PATH");
    verb.callback([path, &action] {
        action = [path](const Session &session) {
            const Result<Shown> shown = show(session, *path);
            if (!shown.ok())
                return fail_without_agent(session, shown.error());
            session.print(shown->text, shown->json);
            return ExitCode::kOk;
        };
    });
}

} // namespace coax::cli
