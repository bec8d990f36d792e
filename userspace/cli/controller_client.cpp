// SPDX-License-Identifier: Apache-2.0
#include "cli/controller_client.h"

#include <utility>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "cli/client.h"
#include "controller.grpc.pb.h"
#include "lib/base/text.h"
#include "lib/control/hello.h"
#include "lib/control/pinned_channel.h"

namespace coax::cli {
namespace {

using Stub = ctl::Operators::Stub;

Error call_error(const std::string &where, const grpc::Status &status) {
    const std::string &said = status.error_message();
    switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
        return {ErrorCode::kUnavailable,
                fmt::format("no answer from the controller at {}: is it running, and its "
                            "certificate the one you were given? {}",
                            where, said)};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
        return {ErrorCode::kUnavailable,
                fmt::format("the controller at {} did not answer in time: busy, stuck, or its "
                            "store does not answer (coax controller status)",
                            where)};
    case grpc::StatusCode::UNIMPLEMENTED:
        return {ErrorCode::kVersion, "the controller does not know this request: coax and "
                                     "coax-controller are of different versions"};
    default: // not a code that would pass for "not reachable"
        return {ErrorCode::kInvalid, fmt::format("the controller says: {}", said)};
    }
}

Error socket_error(const std::string &path, const Error &error) {
    switch (error.code()) {
    case ErrorCode::kNotFound:
        return {ErrorCode::kNotFound,
                fmt::format("no controller at {}: is it running? (systemctl status "
                            "coax-controller)",
                            path)};
    case ErrorCode::kPermission:
        return {ErrorCode::kPermission,
                fmt::format("no permission for {}: use sudo, or `coax login` with a key of the "
                            "controller's file of operators",
                            path)};
    default:
        return error;
    }
}

} // namespace

class ControllerClient::Channel {
  public:
    Channel(std::string where, std::shared_ptr<grpc::Channel> channel, std::string tls_certificate)
        : where_(std::move(where)),
          tls_certificate_(std::move(tls_certificate)),
          stub_(ctl::Operators::NewStub(channel)) {}

    template <typename Request, typename Reply>
    Result<Reply> call(grpc::Status (Stub::*method)(grpc::ClientContext *, const Request &,
                                                    Reply *),
                       const Request &request) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + kDeadline);
        if (!session_.empty())
            context.AddMetadata("authorization", "Bearer " + session_);
        Reply reply;
        const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
        if (!status.ok())
            return call_error(where_, status);
        return reply;
    }

    void keep(std::string session) { session_ = std::move(session); }
    [[nodiscard]] const std::string &where() const { return where_; }
    [[nodiscard]] const std::string &tls_certificate() const { return tls_certificate_; }

  private:
    std::string where_;
    std::string tls_certificate_; // DER; empty on a unix socket
    std::string session_;
    std::unique_ptr<Stub> stub_;
};

ControllerClient::ControllerClient(std::unique_ptr<Channel> channel)
    : channel_(std::move(channel)) {}
ControllerClient::~ControllerClient() = default;

Result<std::unique_ptr<ControllerClient>> ControllerClient::at_socket(const std::string &path) {
    if (const Status probe = probe_socket(path); !probe.ok())
        return socket_error(path, probe.error());
    return std::unique_ptr<ControllerClient>(
        new ControllerClient(std::make_unique<Channel>(path, socket_channel(path), "")));
}

Result<std::unique_ptr<ControllerClient>>
ControllerClient::at_address(const std::string &address, std::string_view tls_certificate) {
    COAX_ASSIGN_OR_RETURN(auto channel, pinned_channel(address, tls_certificate));
    return std::unique_ptr<ControllerClient>(new ControllerClient(
        std::make_unique<Channel>(address, std::move(channel), std::string(tls_certificate))));
}

Result<ControllerClient::LoggedIn> ControllerClient::log_in(const std::string &network_id,
                                                            Signer &key) {
    COAX_ASSIGN_OR_RETURN(const ctl::Challenge challenge,
                          channel_->call(&Stub::GetChallenge, ctl::ChallengeRequest()));
    if (!network_id.empty() && challenge.network_id() != network_id)
        return Error(ErrorCode::kPermission,
                     fmt::format("the controller at {} is of network {}, expected {}: check the "
                                 "operator's file",
                                 channel_->where(), coax::quoted(challenge.network_id()),
                                 network_id));
    const ChallengeFacts facts{challenge.network_id(), challenge.nonce(),
                               channel_->tls_certificate()};
    ctl::LogInRequest request;
    request.set_nonce(challenge.nonce());
    const auto &bytes = key.public_key().bytes;
    request.set_public_key(bytes.data(), bytes.size());
    COAX_ASSIGN_OR_RETURN(*request.mutable_proof(), prove(facts, "", kLogInNamespace, key));
    COAX_ASSIGN_OR_RETURN(ctl::Session session, channel_->call(&Stub::LogIn, request));
    channel_->keep(session.session());
    session.clear_session();
    return LoggedIn{std::move(session), challenge.network_id()};
}

Result<ctl::ControllerStatus> ControllerClient::status() {
    return channel_->call(&Stub::GetStatus, ctl::ControllerStatusRequest());
}

Result<ctl::Nodes> ControllerClient::nodes() {
    return channel_->call(&Stub::ListNodes, ctl::NodesRequest());
}

Result<ctl::NodeInfo> ControllerClient::approve_node(const ctl::ApproveNodeRequest &request) {
    return channel_->call(&Stub::ApproveNode, request);
}

Result<ctl::Changed> ControllerClient::remove_node(const ctl::RemoveNodeRequest &request) {
    return channel_->call(&Stub::RemoveNode, request);
}

Result<ctl::Networks> ControllerClient::networks() {
    return channel_->call(&Stub::ListNetworks, ctl::NetworksRequest());
}

Result<ctl::Changed> ControllerClient::put_network(const ctl::PutNetworkRequest &request) {
    return channel_->call(&Stub::PutNetwork, request);
}

Result<ctl::Changed> ControllerClient::remove_network(const ctl::RemoveNetworkRequest &request) {
    return channel_->call(&Stub::RemoveNetwork, request);
}

Result<ctl::ControllerPorts> ControllerClient::ports() {
    return channel_->call(&Stub::ListPorts, ctl::ControllerPortsRequest());
}

Result<ctl::Changed> ControllerClient::put_port(const ctl::PutPortRequest &request) {
    return channel_->call(&Stub::PutPort, request);
}

Result<ctl::Changed> ControllerClient::remove_port(const ctl::RemovePortRequest &request) {
    return channel_->call(&Stub::RemovePort, request);
}

Result<ctl::Tokens> ControllerClient::tokens() {
    return channel_->call(&Stub::ListTokens, ctl::TokensRequest());
}

Result<ctl::CreatedToken> ControllerClient::create_token(const ctl::CreateTokenRequest &request) {
    return channel_->call(&Stub::CreateToken, request);
}

Result<ctl::Changed> ControllerClient::remove_token(const ctl::RemoveTokenRequest &request) {
    return channel_->call(&Stub::RemoveToken, request);
}

Result<ctl::Revocations> ControllerClient::revocations() {
    return channel_->call(&Stub::GetRevocations, ctl::RevocationsRequest());
}

Result<ctl::Changed> ControllerClient::put_revocations(const ctl::Revocations &list) {
    return channel_->call(&Stub::PutRevocations, list);
}

Result<ctl::Audit> ControllerClient::audit(const ctl::AuditRequest &request) {
    return channel_->call(&Stub::ListAudit, request);
}

} // namespace coax::cli
