// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "controller.grpc.pb.h"
#include "lib/trust/ssh_public_key.h"

namespace coax::test {

namespace ctl = coax::controller::v1;

/// A controller's service for operators that answers from memory; what it was asked is kept. The
/// members are set before a call.
class FakeOperators final : public ctl::Operators::Service {
  public:
    ctl::ControllerStatus status;
    ctl::Nodes nodes;
    ctl::Networks networks;
    ctl::ControllerPorts ports;
    ctl::Tokens tokens;
    ctl::CreatedToken created;
    ctl::Revocations revocations;
    ctl::Audit audit;
    grpc::Status verdict = grpc::Status::OK;
    /// Before each look at the nodes.
    std::function<void(int call)> before_nodes;

    ctl::ApproveNodeRequest approved;
    ctl::RemoveNodeRequest removed_node;
    ctl::PutNetworkRequest put_network;
    ctl::RemoveNetworkRequest removed_network;
    ctl::PutPortRequest put_port;
    ctl::RemovePortRequest removed_port;
    ctl::CreateTokenRequest create_token;
    ctl::RemoveTokenRequest removed_token;
    ctl::Revocations pushed;
    ctl::AuditRequest audit_request;

    /// Starts to answer on `socket` (its directory is made).
    void serve(const std::filesystem::path &socket);
    /// Starts to answer with TLS on a port of its own; only to who proves `key`. "host:port".
    std::string serve_tls(const std::string &key_pem, const std::string &certificate_pem,
                          const std::string &certificate_der, const SshPublicKey &key);

    grpc::Status GetChallenge(grpc::ServerContext *context, const ctl::ChallengeRequest *,
                              ctl::Challenge *reply) override;
    grpc::Status LogIn(grpc::ServerContext *context, const ctl::LogInRequest *request,
                       ctl::Session *reply) override;
    grpc::Status GetStatus(grpc::ServerContext *context, const ctl::ControllerStatusRequest *,
                           ctl::ControllerStatus *reply) override;
    grpc::Status ListNodes(grpc::ServerContext *context, const ctl::NodesRequest *,
                           ctl::Nodes *reply) override;
    grpc::Status ApproveNode(grpc::ServerContext *context, const ctl::ApproveNodeRequest *request,
                             ctl::NodeInfo *reply) override;
    grpc::Status RemoveNode(grpc::ServerContext *context, const ctl::RemoveNodeRequest *request,
                            ctl::Changed *reply) override;
    grpc::Status ListNetworks(grpc::ServerContext *context, const ctl::NetworksRequest *,
                              ctl::Networks *reply) override;
    grpc::Status PutNetwork(grpc::ServerContext *context, const ctl::PutNetworkRequest *request,
                            ctl::Changed *reply) override;
    grpc::Status RemoveNetwork(grpc::ServerContext *context,
                               const ctl::RemoveNetworkRequest *request,
                               ctl::Changed *reply) override;
    grpc::Status ListPorts(grpc::ServerContext *context, const ctl::ControllerPortsRequest *,
                           ctl::ControllerPorts *reply) override;
    grpc::Status PutPort(grpc::ServerContext *context, const ctl::PutPortRequest *request,
                         ctl::Changed *reply) override;
    grpc::Status RemovePort(grpc::ServerContext *context, const ctl::RemovePortRequest *request,
                            ctl::Changed *reply) override;
    grpc::Status ListTokens(grpc::ServerContext *context, const ctl::TokensRequest *,
                            ctl::Tokens *reply) override;
    grpc::Status CreateToken(grpc::ServerContext *context, const ctl::CreateTokenRequest *request,
                             ctl::CreatedToken *reply) override;
    grpc::Status RemoveToken(grpc::ServerContext *context, const ctl::RemoveTokenRequest *request,
                             ctl::Changed *reply) override;
    grpc::Status GetRevocations(grpc::ServerContext *context, const ctl::RevocationsRequest *,
                                ctl::Revocations *reply) override;
    grpc::Status PutRevocations(grpc::ServerContext *context, const ctl::Revocations *request,
                                ctl::Changed *reply) override;
    grpc::Status ListAudit(grpc::ServerContext *context, const ctl::AuditRequest *request,
                           ctl::Audit *reply) override;

  private:
    template <typename Reply>
    grpc::Status answer(grpc::ServerContext *context, const Reply &value, Reply *reply);
    grpc::Status change(grpc::ServerContext *context, ctl::Changed *reply);
    [[nodiscard]] bool admitted(const grpc::ServerContext &context) const;

    int looks_ = 0;
    bool tls_ = false;
    std::string certificate_der_;
    SshPublicKey key_;
    std::unique_ptr<grpc::Server> server_;
};

} // namespace coax::test
