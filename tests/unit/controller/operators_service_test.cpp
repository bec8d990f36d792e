// SPDX-License-Identifier: Apache-2.0
// The operators' calls as clients see them.
#include "controller/api/operators_service.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "controller.grpc.pb.h"
#include "harness/scratch_folder.h"
#include "lib/base/file.h"
#include "lib/trust/wire.h"
#include "unit/controller/world.h"

namespace coax::controller::test {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

class Service : public testing::Test {
  protected:
    Service() {
        const std::string text = "operator " + alice_.public_key().to_line("alice") + "read-only " +
                                 bob_.public_key().to_line("bob");
        EXPECT_TRUE(write_file_atomically(folder_.path() / "operators", text, 0600).ok());
        socket_ = must(OperatorsSocket::start(operators_, path_, log_));
        local_ = v1::Operators::NewStub(
            grpc::CreateChannel("unix:" + path_, grpc::InsecureChannelCredentials()));
        grpc::ServerBuilder builder;
        builder.RegisterService(service_.get());
        builder.SetMaxReceiveMessageSize(kOperatorMessageMax);
        server_ = builder.BuildAndStart();
        remote_ = v1::Operators::NewStub(server_->InProcessChannel({}));
    }
    ~Service() override { server_->Shutdown(); }

    std::string log_in(SshPrivateKey &key) {
        grpc::ClientContext first;
        v1::Challenge challenge;
        EXPECT_TRUE(remote_->GetChallenge(&first, {}, &challenge).ok());
        v1::LogInRequest request;
        request.set_nonce(challenge.nonce());
        request.set_public_key(std::string(text_of(key.public_key().bytes)));
        request.set_proof(
            must(prove({"rack-4", challenge.nonce(), "certificate"}, "", kLogInNamespace, key)));
        grpc::ClientContext second;
        v1::Session session;
        const grpc::Status status = remote_->LogIn(&second, request, &session);
        EXPECT_TRUE(status.ok()) << status.error_message();
        return session.session();
    }
    /// Calls over the network with a session; "": without one.
    template <typename Request, typename Reply>
    grpc::Status call(grpc::Status (v1::Operators::Stub::*method)(grpc::ClientContext *,
                                                                  const Request &, Reply *),
                      const std::string &session, const Request &request, Reply &reply) {
        grpc::ClientContext context;
        if (!session.empty())
            context.AddMetadata("authorization", "Bearer " + session);
        return (remote_.get()->*method)(&context, request, &reply);
    }

    World world_;
    SshPrivateKey alice_ = make_key();
    SshPrivateKey bob_ = make_key();
    coax::test::ScratchFolder folder_;
    std::string path_ = folder_.path() / "operators.sock";
    std::string lines_;
    Log log_ =
        Log::to_sink(LogLevel::kDebug, [this](LogLevel, std::string_view line) { lines_ += line; });
    Operators operators_{world_.writer,
                         *world_.admissions,
                         [this] { return world_.anchors; },
                         {{"192.0.2.1:7443"},
                          "certificate",
                          [](v1::ControllerStatus &status) { status.set_controller("c1"); },
                          [](v1::Nodes &) {}}};
    OperatorsFile file_{folder_.path() / "operators"};
    Sessions sessions_{world_.clock, file_, {"rack-4", "certificate", "c1"}};
    std::unique_ptr<grpc::Service> service_ = make_operators_service(operators_, sessions_, log_);
    std::unique_ptr<OperatorsSocket> socket_;
    std::unique_ptr<grpc::Server> server_;
    std::unique_ptr<v1::Operators::Stub> local_;
    std::unique_ptr<v1::Operators::Stub> remote_;
};

TEST_F(Service, answers_everybody_who_may_open_the_socket) {
    struct stat found {};
    ASSERT_EQ(::stat(path_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0660U);
    grpc::ClientContext context;
    v1::CreateTokenRequest request;
    v1::CreatedToken created;
    ASSERT_TRUE(local_->CreateToken(&context, request, &created).ok());
    EXPECT_EQ(created.network_id(), "rack-4");
    EXPECT_EQ(created.controllers(0), "192.0.2.1:7443");
    EXPECT_EQ(created.tls_certificate(), "certificate");
    EXPECT_EQ(world_.audit().lines(0).who(), "operator socket");
    grpc::ClientContext second;
    v1::Challenge challenge;
    EXPECT_EQ(local_->GetChallenge(&second, {}, &challenge).error_code(),
              StatusCode::UNIMPLEMENTED);
}

TEST_F(Service, needs_a_session_over_the_network) {
    v1::Nodes nodes;
    EXPECT_EQ(call(&v1::Operators::Stub::ListNodes, "", {}, nodes).error_code(),
              StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(call(&v1::Operators::Stub::ListNodes, "made-up", {}, nodes).error_code(),
              StatusCode::UNAUTHENTICATED);
    EXPECT_TRUE(call(&v1::Operators::Stub::ListNodes, log_in(bob_), {}, nodes).ok());
}

TEST_F(Service, lets_readers_change_nothing) {
    const std::string session = log_in(bob_);
    const std::string before = world_.dump();
    using Stub = v1::Operators::Stub;
    v1::Changed changed;
    v1::NodeInfo node;
    v1::CreatedToken token;
    const std::vector<grpc::Status> refusals = {
        call(&Stub::ApproveNode, session, {}, node),
        call(&Stub::RemoveNode, session, {}, changed),
        call(&Stub::PutNetwork, session, {}, changed),
        call(&Stub::RemoveNetwork, session, {}, changed),
        call(&Stub::PutPort, session, {}, changed),
        call(&Stub::RemovePort, session, {}, changed),
        call(&Stub::CreateToken, session, {}, token),
        call(&Stub::RemoveToken, session, {}, changed),
        call(&Stub::PutRevocations, session, {}, changed),
    };
    for (const grpc::Status &status : refusals) {
        EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED) << status.error_message();
        EXPECT_THAT(status.error_message(), HasSubstr("read-only bob may only read"));
    }
    v1::ControllerStatus status;
    v1::Networks networks;
    v1::ControllerPorts ports;
    v1::Tokens tokens;
    v1::Revocations revocations;
    v1::Audit audit;
    EXPECT_TRUE(call(&Stub::GetStatus, session, {}, status).ok());
    EXPECT_TRUE(call(&Stub::ListNetworks, session, {}, networks).ok());
    EXPECT_TRUE(call(&Stub::ListPorts, session, {}, ports).ok());
    EXPECT_TRUE(call(&Stub::ListTokens, session, {}, tokens).ok());
    EXPECT_TRUE(call(&Stub::GetRevocations, session, {}, revocations).ok());
    EXPECT_TRUE(call(&Stub::ListAudit, session, {}, audit).ok());
    EXPECT_EQ(world_.dump(), before);
}

TEST_F(Service, writes_down_who_changed_what) {
    const std::string session = log_in(alice_);
    v1::PutNetworkRequest request;
    *request.mutable_network() = sample_network("red", "10.1.0.0/24");
    v1::Changed changed;
    ASSERT_TRUE(call(&v1::Operators::Stub::PutNetwork, session, request, changed).ok());
    EXPECT_GT(changed.revision(), 0U);
    v1::Audit audit;
    v1::AuditRequest about;
    about.set_object("network red");
    ASSERT_TRUE(call(&v1::Operators::Stub::ListAudit, session, about, audit).ok());
    ASSERT_EQ(audit.lines_size(), 1);
    EXPECT_EQ(audit.lines(0).who(), "operator alice");
    EXPECT_EQ(audit.lines(0).what(), "network.put");
    EXPECT_THAT(lines_, HasSubstr("operator.change what=network.put who=\"operator alice\""));
}

TEST_F(Service, says_with_a_code_what_is_wrong) {
    const std::string session = log_in(alice_);
    v1::Changed changed;
    v1::PutNetworkRequest bad;
    EXPECT_EQ(call(&v1::Operators::Stub::PutNetwork, session, bad, changed).error_code(),
              StatusCode::INVALID_ARGUMENT);
    v1::RemoveNodeRequest nobody;
    nobody.set_name("storage9");
    EXPECT_EQ(call(&v1::Operators::Stub::RemoveNode, session, nobody, changed).error_code(),
              StatusCode::NOT_FOUND);
    v1::Revocations large;
    large.set_list(std::string(kStoreValueMaxBytes + 1, 'x'));
    EXPECT_EQ(call(&v1::Operators::Stub::PutRevocations, session, large, changed).error_code(),
              StatusCode::RESOURCE_EXHAUSTED);
    large.set_list(std::string(kOperatorMessageMax, 'x'));
    EXPECT_EQ(call(&v1::Operators::Stub::PutRevocations, session, large, changed).error_code(),
              StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Service, shows_nodes_ports_and_counts) {
    SshPrivateKey key = make_key();
    world_.join("storage1", key);
    SshPrivateKey waiting = make_key();
    v1::Hello hello = world_.hello("storage2", waiting);
    hello.set_token_secret(world_.token());
    world_.admit(hello);
    const std::string session = log_in(alice_);
    v1::Nodes nodes;
    ASSERT_TRUE(call(&v1::Operators::Stub::ListNodes, session, {}, nodes).ok());
    ASSERT_EQ(nodes.nodes_size(), 2);
    EXPECT_EQ(nodes.nodes(0).state(), "offline");
    EXPECT_EQ(nodes.nodes(0).certificate_expires(), time_to_wire(kNow + std::chrono::hours(24)));
    EXPECT_EQ(nodes.nodes(1).state(), "pending");
    v1::ControllerStatus status;
    ASSERT_TRUE(call(&v1::Operators::Stub::GetStatus, session, {}, status).ok());
    EXPECT_EQ(status.controller(), "c1");
    EXPECT_EQ(status.nodes(), 1U);
    EXPECT_EQ(status.pending(), 1U);
    EXPECT_EQ(status.network_id(), "rack-4");
    EXPECT_EQ(status.store_error(), "");
}

TEST_F(Service, keeps_secrets_out_of_store_log_and_errors) {
    const std::string session = log_in(alice_);
    v1::CreatedToken created;
    ASSERT_TRUE(call(&v1::Operators::Stub::CreateToken, session, {}, created).ok());
    const std::string secret = created.secret().substr(created.secret().find('.') + 1);
    SshPrivateKey key = make_key();
    v1::Hello hello = world_.hello("storage1", key);
    hello.set_token_secret(created.secret());
    EXPECT_TRUE(std::holds_alternative<Waiting>(world_.admit(hello)));
    SshPrivateKey other = make_key();
    v1::Hello late = world_.hello("storage2", other);
    late.set_token_secret(created.secret());
    const Admission outcome = world_.admit(late);
    v1::RemoveTokenRequest removal;
    removal.set_id(created.secret());
    v1::Changed changed;
    const grpc::Status mistaken =
        call(&v1::Operators::Stub::RemoveToken, session, removal, changed);
    EXPECT_EQ(mistaken.error_code(), StatusCode::NOT_FOUND);
    v1::Tokens tokens;
    v1::Audit audit;
    ASSERT_TRUE(call(&v1::Operators::Stub::ListTokens, session, {}, tokens).ok());
    ASSERT_TRUE(call(&v1::Operators::Stub::ListAudit, session, {}, audit).ok());
    const std::string everything = world_.dump() + lines_ + mistaken.error_message() +
                                   std::get<Refused>(outcome).text + tokens.DebugString() +
                                   audit.DebugString();
    ASSERT_THAT(everything, HasSubstr(created.token().id()));
    EXPECT_EQ(everything.find(secret), std::string::npos);
    EXPECT_EQ(everything.find(session), std::string::npos);
}

} // namespace
} // namespace coax::controller::test
