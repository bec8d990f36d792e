// SPDX-License-Identifier: Apache-2.0
#include "controller/api/grpc_server.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

namespace coax::controller {
namespace {

constexpr std::chrono::seconds kShutdownPatience{2};
constexpr std::size_t kMemoryBytes = std::size_t{1024} * 1024 * 1024; // of messages under way
constexpr int kMessageMaxBytes = 2 * 1024 * 1024; // a revocation list has to fit
constexpr int kPingEveryMs = 30'000;              // a machine that went away without a word
constexpr int kPingPatienceMs = 20'000;

std::shared_ptr<grpc::ServerCredentials> credentials(const TlsIdentity &identity) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back(
        {std::string(view_of(identity.key_pem)), identity.certificate_pem});
    return grpc::SslServerCredentials(options);
}

Error cannot_listen(const GrpcServer::Options &options) {
    std::string addresses;
    for (const ListenAddress &listen : options.listen)
        addresses += (addresses.empty() ? "" : ", ") + listen.to_string();
    return Error(ErrorCode::kBusy,
                 fmt::format("controller.listen: expected free addresses of this machine, found at "
                             "least one of {} in use or refused; `ss -tlnp` shows who has a port",
                             addresses));
}

} // namespace

GrpcServer::~GrpcServer() {
    shut_down();
}

void GrpcServer::shut_down() {
    if (server_)
        server_->Shutdown(std::chrono::system_clock::now() + kShutdownPatience);
}

Status GrpcServer::listen(const Options &options) {
    grpc::ServerBuilder builder;
    ports_.resize(options.listen.size());
    for (std::size_t i = 0; i < options.listen.size(); ++i)
        builder.AddListeningPort(options.listen[i].to_string(), credentials(options.identity),
                                 &ports_[i]);
    // Else two controllers share one port, and each sees half of the agents.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingPatienceMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.SetMaxReceiveMessageSize(kMessageMaxBytes);
    grpc::ResourceQuota quota("coax-controller");
    quota.Resize(kMemoryBytes);
    builder.SetResourceQuota(quota);
    for (grpc::Service *service : options.services)
        builder.RegisterService(service);
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 4);
    server_ = builder.BuildAndStart();
    if (!server_)
        return cannot_listen(options);
    for (const int port : ports_)
        if (port == 0)
            return cannot_listen(options);
    return {};
}

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const Options &options) {
    std::unique_ptr<GrpcServer> server(new GrpcServer());
    COAX_TRY(server->listen(options));
    return server;
}

} // namespace coax::controller
