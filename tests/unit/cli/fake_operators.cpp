// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/fake_operators.h"

#include <gtest/gtest.h>

#include "lib/control/hello.h"

namespace coax::test {
namespace {

constexpr std::uint64_t kRevision = 42;
const std::string kNonce(kControlNonceBytes, 'n');
const std::string kNetworkId = "rack-4";
const std::string kSession = "opaque-session";

} // namespace

void FakeOperators::serve(const std::filesystem::path &socket) {
    std::filesystem::create_directories(socket.parent_path());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket.string(), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr) << "cannot listen on " << socket;
}

std::string FakeOperators::serve_tls(const std::string &key_pem, const std::string &certificate_pem,
                                     const std::string &certificate_der, const SshPublicKey &key) {
    tls_ = true;
    certificate_der_ = certificate_der;
    key_ = key;
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({key_pem, certificate_pem});
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    return "127.0.0.1:" + std::to_string(port);
}

bool FakeOperators::admitted(const grpc::ServerContext &context) const {
    const auto found = context.client_metadata().find("authorization");
    return !tls_ ||
           (found != context.client_metadata().end() && found->second == "Bearer " + kSession);
}

template <typename Reply>
grpc::Status FakeOperators::answer(grpc::ServerContext *context, const Reply &value, Reply *reply) {
    if (!admitted(*context))
        return {grpc::StatusCode::UNAUTHENTICATED, "log in first"};
    *reply = value;
    return verdict;
}

grpc::Status FakeOperators::change(grpc::ServerContext *context, ctl::Changed *reply) {
    ctl::Changed changed;
    changed.set_revision(kRevision);
    return answer(context, changed, reply);
}

grpc::Status FakeOperators::GetChallenge(grpc::ServerContext * /*context*/,
                                         const ctl::ChallengeRequest * /*request*/,
                                         ctl::Challenge *reply) {
    reply->set_protocol(kControlProtocol);
    reply->set_network_id(kNetworkId);
    reply->set_nonce(kNonce);
    return grpc::Status::OK;
}

grpc::Status FakeOperators::LogIn(grpc::ServerContext * /*context*/,
                                  const ctl::LogInRequest *request, ctl::Session *reply) {
    const ChallengeFacts facts{kNetworkId, kNonce, certificate_der_};
    if (!check_proof(request->proof(), facts, "", kLogInNamespace, key_).ok())
        return {grpc::StatusCode::UNAUTHENTICATED, "this key is none of an operator's"};
    reply->set_session(kSession);
    reply->set_who("alice");
    reply->set_role("operator");
    return grpc::Status::OK;
}

grpc::Status FakeOperators::GetStatus(grpc::ServerContext *context,
                                      const ctl::ControllerStatusRequest * /*request*/,
                                      ctl::ControllerStatus *reply) {
    return answer(context, status, reply);
}

grpc::Status FakeOperators::ListNodes(grpc::ServerContext *context,
                                      const ctl::NodesRequest * /*request*/, ctl::Nodes *reply) {
    if (before_nodes)
        before_nodes(++looks_);
    return answer(context, nodes, reply);
}

grpc::Status FakeOperators::ApproveNode(grpc::ServerContext *context,
                                        const ctl::ApproveNodeRequest *request,
                                        ctl::NodeInfo *reply) {
    approved = *request;
    ctl::NodeInfo node;
    node.set_name(request->name());
    node.set_id(17);
    node.set_state("offline");
    node.set_certificate(request->certificate());
    return answer(context, node, reply);
}

grpc::Status FakeOperators::RemoveNode(grpc::ServerContext *context,
                                       const ctl::RemoveNodeRequest *request, ctl::Changed *reply) {
    removed_node = *request;
    return change(context, reply);
}

grpc::Status FakeOperators::ListNetworks(grpc::ServerContext *context,
                                         const ctl::NetworksRequest * /*request*/,
                                         ctl::Networks *reply) {
    return answer(context, networks, reply);
}

grpc::Status FakeOperators::PutNetwork(grpc::ServerContext *context,
                                       const ctl::PutNetworkRequest *request, ctl::Changed *reply) {
    put_network = *request;
    *networks.add_networks() = request->network();
    return change(context, reply);
}

grpc::Status FakeOperators::RemoveNetwork(grpc::ServerContext *context,
                                          const ctl::RemoveNetworkRequest *request,
                                          ctl::Changed *reply) {
    removed_network = *request;
    return change(context, reply);
}

grpc::Status FakeOperators::ListPorts(grpc::ServerContext *context,
                                      const ctl::ControllerPortsRequest * /*request*/,
                                      ctl::ControllerPorts *reply) {
    return answer(context, ports, reply);
}

grpc::Status FakeOperators::PutPort(grpc::ServerContext *context,
                                    const ctl::PutPortRequest *request, ctl::Changed *reply) {
    put_port = *request;
    return change(context, reply);
}

grpc::Status FakeOperators::RemovePort(grpc::ServerContext *context,
                                       const ctl::RemovePortRequest *request, ctl::Changed *reply) {
    removed_port = *request;
    return change(context, reply);
}

grpc::Status FakeOperators::ListTokens(grpc::ServerContext *context,
                                       const ctl::TokensRequest * /*request*/, ctl::Tokens *reply) {
    return answer(context, tokens, reply);
}

grpc::Status FakeOperators::CreateToken(grpc::ServerContext *context,
                                        const ctl::CreateTokenRequest *request,
                                        ctl::CreatedToken *reply) {
    create_token = *request;
    return answer(context, created, reply);
}

grpc::Status FakeOperators::RemoveToken(grpc::ServerContext *context,
                                        const ctl::RemoveTokenRequest *request,
                                        ctl::Changed *reply) {
    removed_token = *request;
    return change(context, reply);
}

grpc::Status FakeOperators::GetRevocations(grpc::ServerContext *context,
                                           const ctl::RevocationsRequest * /*request*/,
                                           ctl::Revocations *reply) {
    return answer(context, revocations, reply);
}

grpc::Status FakeOperators::PutRevocations(grpc::ServerContext *context,
                                           const ctl::Revocations *request, ctl::Changed *reply) {
    pushed = *request;
    return change(context, reply);
}

grpc::Status FakeOperators::ListAudit(grpc::ServerContext *context,
                                      const ctl::AuditRequest *request, ctl::Audit *reply) {
    audit_request = *request;
    return answer(context, audit, reply);
}

} // namespace coax::test
