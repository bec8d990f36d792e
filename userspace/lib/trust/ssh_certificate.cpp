// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/ssh_certificate.h"

#include <algorithm>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/trust/ssh_line.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::size_t kNonceBytes = 32;
constexpr std::size_t kPrincipalsMax = 256; // as OpenSSH

Error invalid(std::string message) {
    return {ErrorCode::kInvalid, std::move(message)};
}

Result<std::vector<std::string>> read_principals(std::string_view packed) {
    WireReader reader(packed);
    std::vector<std::string> principals;
    while (!reader.done())
        principals.emplace_back(reader.string());
    COAX_TRY(reader.finish("principals of the certificate"));
    if (principals.size() > kPrincipalsMax)
        return invalid(fmt::format("expected at most {} principals, found {}", kPrincipalsMax,
                                   principals.size()));
    const auto strange = [](const std::string &name) {
        return name.empty() || name.find('\0') != std::string::npos;
    };
    if (std::any_of(principals.begin(), principals.end(), strange))
        return invalid("a principal of the certificate is empty or holds a zero byte");
    return principals;
}

/// Names of a packed list of {string name, string data}.
Result<std::vector<std::string>> read_options(std::string_view packed, std::string_view what) {
    WireReader reader(packed);
    std::vector<std::string> names;
    while (!reader.done()) {
        names.emplace_back(reader.string());
        reader.string(); // data
    }
    COAX_TRY(reader.finish(what));
    return names;
}

Result<CertificateType> read_type(std::uint32_t type) {
    if (type != static_cast<std::uint32_t>(CertificateType::kUser) &&
        type != static_cast<std::uint32_t>(CertificateType::kHost))
        return invalid(
            fmt::format("expected certificate type 1 (user) or 2 (host), found {}", type));
    return static_cast<CertificateType>(type);
}

Result<SshPublicKey> read_ca(std::string_view blob) {
    auto ca = SshPublicKey::from_blob(blob);
    if (!ca.ok())
        return ca.error().with_context("key of the CA");
    return ca;
}

/// `signature` is over all of `blob` before it.
Status check_signature(const SshCertificate &certificate, std::string_view signature) {
    const std::size_t signed_bytes =
        certificate.blob.size() - sizeof(std::uint32_t) - signature.size();
    const auto parsed = parse_signature_blob(signature);
    if (!parsed.ok())
        return parsed.error().with_context("signature of the CA");
    if (!certificate.ca.verifies(certificate.blob.substr(0, signed_bytes), *parsed))
        return Error(
            ErrorCode::kPermission,
            fmt::format(
                "the signature does not fit: {} did not sign this certificate; was it changed "
                "on its way?",
                certificate.ca.fingerprint()));
    return {};
}

void write_facts(WireWriter &writer, const CertificateFacts &facts) {
    WireWriter principals;
    for (const std::string &principal : facts.principals)
        principals.string(principal);
    writer.string(facts.key.bytes);
    writer.uint64(facts.serial);
    writer.uint32(static_cast<std::uint32_t>(facts.type));
    writer.string(facts.key_id);
    writer.string(principals.bytes());
    writer.uint64(time_to_wire(facts.valid_after));
    writer.uint64(time_to_wire(facts.valid_before));
}

} // namespace

std::string_view certificate_type_name(CertificateType type) {
    return type == CertificateType::kHost ? "host" : "user";
}

Result<SshCertificate> SshCertificate::from_blob(std::string_view blob) {
    if (blob.size() > kCertificateBytesMax)
        return invalid(fmt::format("certificate of {} bytes, expected at most {}", blob.size(),
                                   kCertificateBytesMax));
    SshCertificate certificate;
    certificate.blob = blob;
    CertificateFacts &facts = certificate.facts;
    WireReader reader(blob);
    const std::string_view format = reader.string();
    COAX_TRY(expect_ssh_type(format, kSshCertificateType));
    reader.string(); // nonce
    facts.key.bytes = reader.fixed_string<sizeof(facts.key.bytes)>();
    facts.serial = reader.uint64();
    const std::uint32_t type = reader.uint32();
    facts.key_id = reader.string();
    const std::string_view principals = reader.string();
    facts.valid_after = time_from_wire(reader.uint64());
    facts.valid_before = time_from_wire(reader.uint64());
    const std::string_view critical = reader.string();
    const std::string_view extensions = reader.string();
    reader.string(); // reserved
    const std::string_view ca = reader.string();
    const std::string_view signature = reader.string();
    COAX_TRY(reader.finish("certificate"));
    COAX_ASSIGN_OR_RETURN(facts.type, read_type(type));
    COAX_ASSIGN_OR_RETURN(facts.principals, read_principals(principals));
    COAX_ASSIGN_OR_RETURN(certificate.critical_options, read_options(critical, "critical options"));
    COAX_ASSIGN_OR_RETURN(certificate.extensions, read_options(extensions, "extensions"));
    COAX_ASSIGN_OR_RETURN(certificate.ca, read_ca(ca));
    COAX_TRY(check_signature(certificate, signature));
    return certificate;
}

Result<SshCertificate> SshCertificate::parse(std::string_view line) {
    COAX_ASSIGN_OR_RETURN(const SshLine parts, parse_ssh_line(line));
    return from_blob(parts.blob);
}

std::string SshCertificate::to_line(std::string_view comment) const {
    return write_ssh_line(kSshCertificateType, blob, comment);
}

Result<SshCertificate> make_certificate(const CertificateFacts &facts, Signer &ca) {
    if (facts.principals.empty())
        return invalid("a certificate needs at least one principal: OpenSSH and Coax refuse one "
                       "without");
    if (facts.valid_before <= facts.valid_after)
        return invalid(fmt::format("a certificate valid from {} until {} is never valid",
                                   time_text(facts.valid_after), time_text(facts.valid_before)));
    std::array<std::uint8_t, kNonceBytes> nonce{};
    randombytes_buf(nonce.data(), nonce.size());
    WireWriter writer;
    writer.string(kSshCertificateType);
    writer.string(nonce);
    write_facts(writer, facts);
    writer.string(std::string_view()); // critical options
    writer.string(std::string_view()); // extensions
    writer.string(std::string_view()); // reserved
    writer.string(ca.public_key().blob());
    COAX_ASSIGN_OR_RETURN(const Ed25519Signature signature, ca.sign(writer.bytes()));
    writer.string(signature_blob(signature));
    return SshCertificate::from_blob(writer.bytes());
}

} // namespace coax
