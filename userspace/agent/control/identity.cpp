// SPDX-License-Identifier: Apache-2.0
#include "agent/control/identity.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/control/pinned_channel.h"
#include "lib/trust/certificate_check.h"

namespace coax {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::uint32_t kCertificateMode = 0644;

Error missing(const Error &error, std::string_view what) {
    if (error.code() != ErrorCode::kNotFound)
        return error;
    return {error.code(), fmt::format("{}; {}", error.message(), what)};
}

Result<std::optional<SshCertificate>> load_certificate(const std::string &path,
                                                       const SshPublicKey &key) {
    const auto line = read_file(path, kFileBytesMax);
    if (!line.ok() && line.error().code() == ErrorCode::kNotFound)
        return std::optional<SshCertificate>();
    if (!line.ok())
        return line.error();
    auto certificate = SshCertificate::parse(*line);
    if (!certificate.ok())
        return certificate.error().with_context(path);
    if (certificate->facts.key != key)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}: expected a certificate of the key {}, found one of {}; sign "
                                 "the key of control.identity",
                                 path, key.fingerprint(), certificate->facts.key.fingerprint()));
    return std::optional(std::move(certificate).value());
}

Result<std::string> load_tls(const std::string &path) {
    const auto pem = read_file(path, kFileBytesMax);
    if (!pem.ok())
        return missing(pem.error(), "`coax join` writes it, or copy it from a controller");
    auto der = certificate_from_pem(*pem);
    if (!der.ok())
        return der.error().with_context(path);
    return der;
}

/// A damaged list is set aside: controllers and other nodes have it, and without this node's peers
/// nothing would run at all.
Result<RevocationMemory> load_revocations(const std::filesystem::path &path, std::string &problem) {
    auto memory = RevocationMemory::open(path);
    if (memory.ok() || memory.error().code() == ErrorCode::kPermission)
        return memory;
    const std::filesystem::path aside = path.string() + ".damaged";
    std::error_code failed;
    std::filesystem::rename(path, aside, failed);
    if (failed)
        return memory;
    problem = fmt::format("{}; it is kept as {}, and nothing is revoked here until a controller "
                          "sends the list again",
                          memory.error().message(), aside.string());
    return RevocationMemory::open(path);
}

} // namespace

Result<Identity> Identity::load(const DesiredState &state) {
    const ControlConfig &control = state.control;
    auto key = SshPrivateKey::load(control.identity);
    if (!key.ok())
        return missing(key.error(), "`coax join` makes one, or ssh-keygen -t ed25519 -N ''");
    auto anchors = TrustAnchors::load(control.trust_anchors);
    if (!anchors.ok())
        return missing(anchors.error(), "put the public keys of your SSH CAs there, one per line");
    COAX_ASSIGN_OR_RETURN(auto certificate,
                          load_certificate(control.certificate, key->public_key()));
    std::string problem;
    COAX_ASSIGN_OR_RETURN(
        auto revocations,
        load_revocations(state.agent.state_dir + "/control/revocations", problem));
    COAX_ASSIGN_OR_RETURN(auto tls, load_tls(control.tls_certificate));
    return Identity{std::move(key).value(), std::move(certificate), std::move(anchors).value(),
                    std::move(revocations), std::move(tls),         std::move(problem)};
}

Status Identity::renew(const DesiredState &state, const std::string &blob, UnixTime now) {
    COAX_ASSIGN_OR_RETURN(SshCertificate next, SshCertificate::from_blob(blob));
    if (next.facts.key != key.public_key())
        return Error(ErrorCode::kInvalid,
                     fmt::format("expected a certificate of this node's key {}, found one of {}",
                                 key.public_key().fingerprint(), next.facts.key.fingerprint()));
    const CertificateDemand demand{CertificateType::kHost, state.node.name};
    if (auto refusal = check_certificate(next, demand, anchors, revocations.list()))
        return Error(ErrorCode::kInvalid, std::move(refusal->message));
    const Validity validity{next.facts.valid_after, next.facts.valid_before,
                            "the certificate of this node", "have the key certified again"};
    if (auto refusal = check_validity(validity, now))
        return Error(ErrorCode::kInvalid, std::move(refusal->message));
    if (certificate && certificate->facts.valid_before > next.facts.valid_before)
        return Error(ErrorCode::kInvalid, "expected a certificate that is valid for longer than "
                                          "the one this node has, found a shorter one");
    COAX_TRY(write_file_atomically(state.control.certificate, next.to_line(state.node.name),
                                   kCertificateMode));
    certificate = std::move(next);
    return {};
}

} // namespace coax
