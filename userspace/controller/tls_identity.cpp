// SPDX-License-Identifier: Apache-2.0
#include "controller/tls_identity.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/base/private_file.h"
#include "lib/base/unique_fd.h"

namespace coax {
namespace {

constexpr std::size_t kPemMaxBytes = 16384;
constexpr std::uint32_t kCertificateMode = 0644;
constexpr std::uint32_t kKeyMode = 0600;
constexpr int kSerialBytes = 16;
constexpr long kX509Version3 = 2;
constexpr const char *kName = "coax-controller";
constexpr const char *kAlternativeName = "DNS:coax-controller";
constexpr std::chrono::hours kClocksDiffer{24};
constexpr std::chrono::hours kValid{24 * 3653};

template <typename T, void (*kFree)(T *)>
struct Free {
    void operator()(T *object) const { kFree(object); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<X509, X509_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Free<BIGNUM, BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION, X509_EXTENSION_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO, BIO_free_all>>;

/// The newest error of OpenSSL in this thread, and none left.
Error openssl_error(std::string_view doing) {
    std::string text(256, '\0');
    ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
    ERR_clear_error();
    text.resize(text.find('\0'));
    return Error(ErrorCode::kSystem, fmt::format("{}: {}", doing, text));
}

BioPtr memory_of(std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

template <typename Text>
Text content_of(BIO *bio) {
    char *begin = nullptr;
    const long length = BIO_get_mem_data(bio, &begin);
    return Text(begin, begin + length);
}

bool set_serial(X509 *certificate) {
    std::array<unsigned char, kSerialBytes> bytes{};
    if (RAND_bytes(bytes.data(), kSerialBytes) != 1)
        return false;
    bytes[0] &= 0x7fU; // positive, at most 20 bytes (RFC 5280 section 4.1.2.2)
    const NumberPtr number(BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
    return number &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_extension(X509 *certificate, int kind, const char *value) {
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509 *certificate, EVP_PKEY *key, std::chrono::system_clock::time_point now) {
    const std::time_t from = std::chrono::system_clock::to_time_t(now - kClocksDiffer);
    const std::time_t until = std::chrono::system_clock::to_time_t(now + kValid);
    X509_NAME *name = X509_get_subject_name(certificate);
    const auto *text = reinterpret_cast<const unsigned char *>(kName);
    return X509_set_version(certificate, kX509Version3) == 1 && set_serial(certificate) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_alt_name, kAlternativeName);
}

Status check_absent(const std::filesystem::path &path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return {};
    return Error(
        ErrorCode::kExists,
        fmt::format("{}: expected no such file, found one; every node that has joined knows "
                    "the controller by it, so it is never replaced. Remove it yourself if "
                    "no node needs it",
                    path.string()));
}

Result<SecretBytes> read_key(const std::filesystem::path &path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid())
        return Error::from_errno("open " + path.string(), errno);
    COAX_TRY(check_private(path, fd.get(),
                           {kKeyMode, "then every node must be given a new certificate"}));
    return read_secret(path, fd.get(), kPemMaxBytes);
}

Result<CertificatePtr> parse_certificate(std::string_view pem, const std::string &file) {
    const BioPtr bio = memory_of(pem);
    CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!certificate)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}: expected a certificate in PEM, found something else", file));
    return certificate;
}

Status check_pair(X509 *certificate, const SecretBytes &key_pem,
                  const std::filesystem::path &folder) {
    const BioPtr bio = memory_of(view_of(key_pem));
    const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const bool pair = key && X509_check_private_key(certificate, key.get()) == 1;
    ERR_clear_error();
    if (pair)
        return {};
    return Error(ErrorCode::kInvalid,
                 fmt::format("{}: expected {} to be the private key of {} in PEM, found another or "
                             "none; copy both from the same controller",
                             folder.string(), kTlsKeyFile, kTlsCertificateFile));
}

Status check_time(X509 *certificate, const std::string &file, const Clock &clock) {
    std::time_t now = std::chrono::system_clock::to_time_t(clock.system_now());
    if (X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0)
        return {};
    return Error(ErrorCode::kInvalid,
                 fmt::format("{}: expected a certificate that is still valid, found one that is "
                             "over (or the clock is wrong); a new pair must be given to every node",
                             file));
}

Result<std::string> der_of(X509 *certificate) {
    unsigned char *bytes = nullptr;
    const int length = i2d_X509(certificate, &bytes);
    if (length < 0)
        return openssl_error("encode the certificate");
    std::string der(reinterpret_cast<char *>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
}

} // namespace

Status make_tls_identity(const std::filesystem::path &folder, const Clock &clock) {
    COAX_TRY(check_absent(folder / kTlsKeyFile));
    COAX_TRY(check_absent(folder / kTlsCertificateFile));
    const KeyPtr key(EVP_EC_gen("P-256"));
    const CertificatePtr certificate(X509_new());
    if (!key || !certificate || !fill(certificate.get(), key.get(), clock.system_now()) ||
        X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
        return openssl_error("make a TLS certificate");

    const BioPtr key_pem(BIO_new(BIO_s_secmem()));
    const BioPtr certificate_pem(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1 ||
        PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1)
        return openssl_error("encode a TLS certificate");
    // The key first: a certificate without its key would look like a whole identity to be copied.
    const auto secret = content_of<SecretBytes>(key_pem.get());
    COAX_TRY(write_file_atomically(folder / kTlsKeyFile, view_of(secret), kKeyMode));
    return write_file_atomically(folder / kTlsCertificateFile,
                                 content_of<std::string>(certificate_pem.get()), kCertificateMode);
}

Result<TlsIdentity> load_tls_identity(const std::filesystem::path &folder, const Clock &clock) {
    const std::filesystem::path file = folder / kTlsCertificateFile;
    TlsIdentity identity;
    COAX_ASSIGN_OR_RETURN(identity.key_pem, read_key(folder / kTlsKeyFile));
    COAX_ASSIGN_OR_RETURN(identity.certificate_pem, read_file(file, kPemMaxBytes));
    COAX_ASSIGN_OR_RETURN(const CertificatePtr certificate,
                          parse_certificate(identity.certificate_pem, file.string()));
    COAX_TRY(check_pair(certificate.get(), identity.key_pem, folder));
    COAX_TRY(check_time(certificate.get(), file.string(), clock));
    COAX_ASSIGN_OR_RETURN(identity.certificate_der, der_of(certificate.get()));
    return identity;
}

} // namespace coax
