// SPDX-License-Identifier: Apache-2.0
#include "controller/api/operators_service.h"

#include <chrono>
#include <exception>

#include <unistd.h>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "controller.grpc.pb.h"
#include "lib/rpc/api_socket.h"
#include "lib/rpc/status.h"

namespace coax::controller {
namespace {

constexpr std::chrono::seconds kShutdownDeadline{3};
constexpr std::string_view kSocketCaller = "operator socket";

enum class Kind { kRead, kChange };

struct Method {
    std::string_view name;
    Kind kind = Kind::kRead;
};

class OperatorsService final : public v1::Operators::Service {
  public:
    /// `sessions`: nothing on a socket whose mode is the access control.
    OperatorsService(Operators &operators, Sessions *sessions, Log log)
        : operators_(operators), sessions_(sessions), log_(std::move(log)) {}

    grpc::Status GetChallenge(grpc::ServerContext * /*context*/,
                              const v1::ChallengeRequest * /*request*/,
                              v1::Challenge *reply) override {
        if (sessions_ == nullptr)
            return no_log_in();
        *reply = sessions_->challenge();
        return grpc::Status::OK;
    }
    grpc::Status LogIn(grpc::ServerContext * /*context*/, const v1::LogInRequest *request,
                       v1::Session *reply) override {
        if (sessions_ == nullptr)
            return no_log_in();
        return finish(sessions_->log_in(*request), *reply);
    }
    grpc::Status GetStatus(grpc::ServerContext *context, const v1::ControllerStatusRequest *request,
                           v1::ControllerStatus *reply) override {
        return call(context, {"status", Kind::kRead}, &Operators::status, *request, *reply);
    }
    grpc::Status ListNodes(grpc::ServerContext *context, const v1::NodesRequest *request,
                           v1::Nodes *reply) override {
        return call(context, {"nodes", Kind::kRead}, &Operators::nodes, *request, *reply);
    }
    grpc::Status ApproveNode(grpc::ServerContext *context, const v1::ApproveNodeRequest *request,
                             v1::NodeInfo *reply) override {
        return call(context, {"node.approve", Kind::kChange}, &Operators::approve, *request,
                    *reply);
    }
    grpc::Status RemoveNode(grpc::ServerContext *context, const v1::RemoveNodeRequest *request,
                            v1::Changed *reply) override {
        return call(context, {"node.remove", Kind::kChange}, &Operators::remove_node, *request,
                    *reply);
    }
    grpc::Status ListNetworks(grpc::ServerContext *context, const v1::NetworksRequest *request,
                              v1::Networks *reply) override {
        return call(context, {"networks", Kind::kRead}, &Operators::networks, *request, *reply);
    }
    grpc::Status PutNetwork(grpc::ServerContext *context, const v1::PutNetworkRequest *request,
                            v1::Changed *reply) override {
        return call(context, {"network.put", Kind::kChange}, &Operators::put_network, *request,
                    *reply);
    }
    grpc::Status RemoveNetwork(grpc::ServerContext *context,
                               const v1::RemoveNetworkRequest *request,
                               v1::Changed *reply) override {
        return call(context, {"network.remove", Kind::kChange}, &Operators::remove_network,
                    *request, *reply);
    }
    grpc::Status ListPorts(grpc::ServerContext *context, const v1::ControllerPortsRequest *request,
                           v1::ControllerPorts *reply) override {
        return call(context, {"ports", Kind::kRead}, &Operators::ports, *request, *reply);
    }
    grpc::Status PutPort(grpc::ServerContext *context, const v1::PutPortRequest *request,
                         v1::Changed *reply) override {
        return call(context, {"port.put", Kind::kChange}, &Operators::put_port, *request, *reply);
    }
    grpc::Status RemovePort(grpc::ServerContext *context, const v1::RemovePortRequest *request,
                            v1::Changed *reply) override {
        return call(context, {"port.remove", Kind::kChange}, &Operators::remove_port, *request,
                    *reply);
    }
    grpc::Status ListTokens(grpc::ServerContext *context, const v1::TokensRequest *request,
                            v1::Tokens *reply) override {
        return call(context, {"tokens", Kind::kRead}, &Operators::tokens, *request, *reply);
    }
    grpc::Status CreateToken(grpc::ServerContext *context, const v1::CreateTokenRequest *request,
                             v1::CreatedToken *reply) override {
        return call(context, {"token.create", Kind::kChange}, &Operators::create_token, *request,
                    *reply);
    }
    grpc::Status RemoveToken(grpc::ServerContext *context, const v1::RemoveTokenRequest *request,
                             v1::Changed *reply) override {
        return call(context, {"token.remove", Kind::kChange}, &Operators::remove_token, *request,
                    *reply);
    }
    grpc::Status GetRevocations(grpc::ServerContext *context, const v1::RevocationsRequest *request,
                                v1::Revocations *reply) override {
        return call(context, {"revocations", Kind::kRead}, &Operators::revocations, *request,
                    *reply);
    }
    grpc::Status PutRevocations(grpc::ServerContext *context, const v1::Revocations *request,
                                v1::Changed *reply) override {
        return call(context, {"revocations.put", Kind::kChange}, &Operators::put_revocations,
                    *request, *reply);
    }
    grpc::Status ListAudit(grpc::ServerContext *context, const v1::AuditRequest *request,
                           v1::Audit *reply) override {
        return call(context, {"audit", Kind::kRead}, &Operators::audit, *request, *reply);
    }

  private:
    static grpc::Status no_log_in() {
        return {grpc::StatusCode::UNIMPLEMENTED,
                "the socket needs no log-in: who may open it is an operator"};
    }

    template <typename Reply>
    static grpc::Status finish(Result<Reply> result, Reply &reply) {
        if (!result.ok())
            return rpc_status(result.error());
        reply = std::move(result).value();
        return grpc::Status::OK;
    }

    Result<Caller> caller_of(const grpc::ServerContext &context) {
        if (sessions_ == nullptr)
            return Caller{std::string(kSocketCaller), Role::kOperator};
        const auto &metadata = context.client_metadata();
        const auto found = metadata.find("authorization");
        const std::string_view authorization =
            found == metadata.end() ? std::string_view()
                                    : std::string_view(found->second.data(), found->second.size());
        return sessions_->caller(authorization);
    }

    template <typename Request, typename Reply>
    grpc::Status call(grpc::ServerContext *context, const Method &method,
                      Result<Reply> (Operators::*handler)(const Request &, const std::string &),
                      const Request &request, Reply &reply) {
        try {
            const auto caller = caller_of(*context);
            if (!caller.ok())
                return {grpc::StatusCode::UNAUTHENTICATED, caller.error().message()};
            if (method.kind == Kind::kChange && caller->role != Role::kOperator)
                return {grpc::StatusCode::PERMISSION_DENIED,
                        fmt::format("{} may only read, {} changes something: ask an operator",
                                    caller->who, method.name)};
            auto result = (operators_.*handler)(request, caller->who);
            if (method.kind == Kind::kChange && result.ok())
                log_.info("operator.change", {{"what", method.name}, {"who", caller->who}});
            return finish(std::move(result), reply);
        } catch (const std::exception &error) {
            return {grpc::StatusCode::INTERNAL, error.what()};
        }
    }

    Operators &operators_;
    Sessions *sessions_;
    Log log_;
};

class GrpcOperatorsSocket final : public OperatorsSocket {
  public:
    GrpcOperatorsSocket(Operators &operators, std::string path, Log log)
        : service_(operators, nullptr, std::move(log)), path_(std::move(path)) {}
    GrpcOperatorsSocket(const GrpcOperatorsSocket &) = delete;
    GrpcOperatorsSocket &operator=(const GrpcOperatorsSocket &) = delete;
    ~GrpcOperatorsSocket() override {
        if (server_)
            server_->Shutdown(std::chrono::system_clock::now() + kShutdownDeadline);
        ::unlink(path_.c_str());
    }

    Status listen() {
        ::unlink(path_.c_str());
        grpc::ServerBuilder builder;
        builder.AddListeningPort("unix:" + path_, grpc::InsecureServerCredentials());
        builder.RegisterService(&service_);
        builder.SetMaxReceiveMessageSize(kOperatorMessageMax);
        builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
        builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
        builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
        server_ = builder.BuildAndStart();
        if (!server_)
            return Error(ErrorCode::kSystem,
                         fmt::format("cannot listen on {}; is its directory writable?", path_));
        return restrict_to_group(path_);
    }

  private:
    OperatorsService service_;
    std::string path_;
    std::unique_ptr<grpc::Server> server_;
};

} // namespace

std::unique_ptr<grpc::Service> make_operators_service(Operators &operators, Sessions &sessions,
                                                      Log log) {
    return std::make_unique<OperatorsService>(operators, &sessions, std::move(log));
}

Result<std::unique_ptr<OperatorsSocket>> OperatorsSocket::start(Operators &operators,
                                                                const std::string &path, Log log) {
    COAX_TRY(check_socket_path(path, "run_dir"));
    auto socket = std::make_unique<GrpcOperatorsSocket>(operators, path, std::move(log));
    COAX_TRY(socket->listen());
    return std::unique_ptr<OperatorsSocket>(std::move(socket));
}

} // namespace coax::controller
