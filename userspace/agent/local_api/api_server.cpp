// SPDX-License-Identifier: Apache-2.0
#include "agent/local_api/api_server.h"

#include <chrono>
#include <exception>
#include <future>
#include <utility>

#include <unistd.h>

#include <asio/post.hpp>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "agent.grpc.pb.h"
#include "lib/rpc/api_socket.h"
#include "lib/rpc/status.h"

namespace coax {
namespace {

constexpr std::chrono::seconds kReadDeadline{10};
constexpr std::chrono::seconds kChangeDeadline{60};
constexpr std::chrono::seconds kShutdownDeadline{3};

/// Hands each call to the event loop and waits for the answer.
class AgentService final : public api::Agent::Service {
  public:
    AgentService(asio::io_context &loop, ApiHandlers handlers)
        : loop_(loop), handlers_(std::move(handlers)) {}

    grpc::Status GetStatus(grpc::ServerContext *, const api::StatusRequest *request,
                           api::Status *reply) override {
        return call(handlers_.status, *request, *reply, kReadDeadline);
    }
    grpc::Status ListPeers(grpc::ServerContext *, const api::PeersRequest *request,
                           api::Peers *reply) override {
        return call(handlers_.peers, *request, *reply, kReadDeadline);
    }
    grpc::Status ListPorts(grpc::ServerContext *, const api::PortsRequest *request,
                           api::Ports *reply) override {
        return call(handlers_.ports, *request, *reply, kReadDeadline);
    }
    grpc::Status ListFdb(grpc::ServerContext *, const api::FdbRequest *request,
                         api::Fdb *reply) override {
        return call(handlers_.fdb, *request, *reply, kReadDeadline);
    }
    grpc::Status ListDrops(grpc::ServerContext *, const api::DropsRequest *request,
                           api::Drops *reply) override {
        return call(handlers_.drops, *request, *reply, kReadDeadline);
    }
    grpc::Status GetKeys(grpc::ServerContext *, const api::KeysRequest *request,
                         api::Keys *reply) override {
        return call(handlers_.keys, *request, *reply, kReadDeadline);
    }
    grpc::Status RotateKeys(grpc::ServerContext *, const api::RotateKeysRequest *request,
                            api::Keys *reply) override {
        return call(handlers_.rotate_keys, *request, *reply, kChangeDeadline);
    }
    grpc::Status GetControl(grpc::ServerContext *, const api::ControlRequest *request,
                            api::Control *reply) override {
        return call(handlers_.control, *request, *reply, kReadDeadline);
    }
    grpc::Status GetDiff(grpc::ServerContext *, const api::DiffRequest *request,
                         api::Diff *reply) override {
        return call(handlers_.diff, *request, *reply, kReadDeadline);
    }
    grpc::Status Down(grpc::ServerContext *, const api::DownRequest *request,
                      api::DownReply *reply) override {
        return call(handlers_.down, *request, *reply, kChangeDeadline);
    }

  private:
    // The posted function owns copies of all it needs: after the deadline nobody waits for it.
    template <typename Request, typename Reply>
    grpc::Status call(const std::function<Result<Reply>(const Request &)> &handler,
                      const Request &request, Reply &reply, std::chrono::seconds deadline) {
        auto promise = std::make_shared<std::promise<Result<Reply>>>();
        std::future<Result<Reply>> answer = promise->get_future();
        asio::post(loop_, [promise, handler, request] {
            try {
                promise->set_value(handler(request));
            } catch (const std::exception &error) {
                promise->set_value(Error(ErrorCode::kSystem, error.what()));
            }
        });
        if (answer.wait_for(deadline) != std::future_status::ready)
            return {grpc::StatusCode::DEADLINE_EXCEEDED,
                    fmt::format("the agent did not answer within {} s: it is busy or stopping",
                                deadline.count())};
        Result<Reply> result = answer.get();
        if (!result.ok())
            return rpc_status(result.error());
        reply = std::move(result).value();
        return grpc::Status::OK;
    }

    asio::io_context &loop_;
    ApiHandlers handlers_;
};

class GrpcApiServer final : public ApiServer {
  public:
    GrpcApiServer(asio::io_context &loop, ApiHandlers handlers, std::string path)
        : service_(loop, std::move(handlers)), path_(std::move(path)) {}
    GrpcApiServer(const GrpcApiServer &) = delete;
    GrpcApiServer &operator=(const GrpcApiServer &) = delete;
    ~GrpcApiServer() override {
        if (server_)
            server_->Shutdown(std::chrono::system_clock::now() + kShutdownDeadline);
        ::unlink(path_.c_str());
    }

    Status listen() {
        ::unlink(path_.c_str());
        grpc::ServerBuilder builder;
        builder.AddListeningPort("unix:" + path_, grpc::InsecureServerCredentials());
        builder.RegisterService(&service_);
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
    AgentService service_;
    std::string path_;
    std::unique_ptr<grpc::Server> server_;
};

} // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(asio::io_context &loop, ApiHandlers handlers,
                                                    const std::string &socket_path) {
    COAX_TRY(check_socket_path(socket_path, "agent.run_dir"));
    auto server = std::make_unique<GrpcApiServer>(loop, std::move(handlers), socket_path);
    COAX_TRY(server->listen());
    return std::unique_ptr<ApiServer>(std::move(server));
}

} // namespace coax
