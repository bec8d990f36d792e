// SPDX-License-Identifier: Apache-2.0
#include "lib/control/pinned_channel.h"

#include <functional>
#include <utility>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include "lib/control/openssl.h"
#include "lib/trust/armor.h"

namespace coax {
namespace {

constexpr std::string_view kLabel = "CERTIFICATE";
constexpr std::size_t kCertificateBytesMax = 64 * 1024;

/// The one certificate, byte for byte. TLS itself has shown by then that the other side holds its
/// key. Neither its name nor its dates count: a machine whose clock is off must reach its
/// controller, too.
class PinVerifier final : public grpc::experimental::ExternalCertificateVerifier {
  public:
    explicit PinVerifier(std::string certificate) : certificate_(std::move(certificate)) {}

    bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest *request,
                std::function<void(grpc::Status)> /*callback*/,
                grpc::Status *sync_status) override {
        const grpc::string_ref shown = request->peer_cert();
        const auto der = certificate_from_pem({shown.data(), shown.size()});
        const bool right = der.ok() && *der == certificate_;
        *sync_status =
            right ? grpc::Status::OK
                  : grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                 "shows another TLS certificate than the pinned one: it is not "
                                 "the controller this node joined, or that was made anew");
        return true;
    }
    void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest * /*request*/) override {}

  private:
    const std::string certificate_;
};

grpc::ChannelArguments channel_arguments() {
    grpc::ChannelArguments arguments;
    // A connection of its own, made when it is asked for: pauses between attempts are the caller's.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    return arguments;
}

/// One DER sequence and nothing behind it: all that is needed of a value that is only compared.
bool is_der_sequence(std::string_view der) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(der[i]));
    };
    constexpr std::size_t kSequence = 0x30;
    constexpr std::size_t kLongForm = 0x80;
    if (der.size() < 2 || der.size() > kCertificateBytesMax || byte(0) != kSequence)
        return false;
    if (byte(1) < kLongForm)
        return der.size() == 2 + byte(1);
    const std::size_t count = byte(1) - kLongForm;
    if (count == 0 || count > 3 || der.size() < 2 + count)
        return false;
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i)
        length = (length << 8U) | byte(2 + i);
    return der.size() == 2 + count + length;
}

Error not_a_certificate() {
    return {ErrorCode::kInvalid, "expected a TLS certificate as `coax-controller init` makes it, "
                                 "found something else"};
}

} // namespace

Result<std::shared_ptr<grpc::Channel>> pinned_channel(const std::string &address,
                                                      std::string_view tls_certificate) {
    if (!is_der_sequence(tls_certificate))
        return not_a_certificate();
    keep_openssl();
    grpc::experimental::TlsChannelCredentialsOptions options;
    options.set_verify_server_certs(false); // the chain; PinVerifier decides
    options.set_check_call_host(false);
    options.set_certificate_verifier(
        grpc::experimental::ExternalCertificateVerifier::Create<PinVerifier>(
            std::string(tls_certificate)));
    return grpc::CreateCustomChannel(address, grpc::experimental::TlsCredentials(options),
                                     channel_arguments());
}

std::shared_ptr<grpc::Channel> socket_channel(const std::string &path) {
    return grpc::CreateCustomChannel("unix:" + path, grpc::InsecureChannelCredentials(),
                                     channel_arguments());
}

Result<std::string> certificate_from_pem(std::string_view pem) {
    COAX_ASSIGN_OR_RETURN(std::string der, dearmor<std::string>(pem, kLabel));
    if (!is_der_sequence(der))
        return not_a_certificate();
    return der;
}

std::string certificate_to_pem(std::string_view der) {
    return armor<std::string>(der, kLabel);
}

} // namespace coax
