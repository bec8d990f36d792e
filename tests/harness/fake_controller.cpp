// SPDX-License-Identifier: Apache-2.0
#include "harness/fake_controller.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "harness/child_process.h"
#include "harness/scratch_folder.h"
#include "lib/base/file.h"
#include "lib/control/pinned_channel.h"

namespace coax::test {
namespace {

constexpr std::size_t kPemBytesMax = 65536;

template <typename T>
T must(Result<T> result) {
    if (!result.ok())
        throw std::runtime_error(result.error().message());
    return std::move(result).value();
}

} // namespace

TlsIdentity TlsIdentity::make(const std::string &name) {
    const ScratchFolder folder;
    const std::string key = folder.path() / "key";
    const std::string certificate = folder.path() / "certificate";
    run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", key, "-out",
                 certificate});
    TlsIdentity made{must(read_file(key, kPemBytesMax)), must(read_file(certificate, kPemBytesMax)),
                     ""};
    made.der = must(certificate_from_pem(made.certificate));
    return made;
}

controller::v1::FromAgent FakeController::Visit::greet(std::uint32_t alive_seconds) {
    controller::v1::ToAgent message;
    message.mutable_challenge()->set_protocol(1);
    controller::v1::FromAgent answer;
    if (!send(message) || !stream.Read(&answer))
        return answer;
    message.mutable_welcome()->set_alive_seconds(alive_seconds);
    send(message);
    return answer;
}

void FakeController::Visit::listen() {
    controller::v1::FromAgent ignored;
    while (stream.Read(&ignored)) {
    }
}

class FakeController::Service final : public controller::v1::Fleet::Service {
  public:
    explicit Service(Script script) : script_(std::move(script)) {}

    grpc::Status Follow(grpc::ServerContext *context, Stream *stream) override {
        Visit visit{*stream, *context, ++visits_};
        script_(visit);
        return grpc::Status::OK;
    }
    [[nodiscard]] int visits() const { return visits_; }

  private:
    const Script script_;
    std::atomic<int> visits_ = 0;
};

FakeController::FakeController(const TlsIdentity &identity, Script script, int port,
                               const std::string &host)
    : service_(std::make_unique<Service>(std::move(script))) {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({identity.key, identity.certificate});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(host + ":" + std::to_string(port), grpc::SslServerCredentials(tls),
                             &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    if (!server_)
        throw std::runtime_error("the fake controller cannot listen");
}

FakeController::~FakeController() {
    server_->Shutdown(std::chrono::system_clock::now()); // cancels what runs
}

int FakeController::visits() const {
    return service_->visits();
}

} // namespace coax::test
