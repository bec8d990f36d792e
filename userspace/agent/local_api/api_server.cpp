// SPDX-License-Identifier: Apache-2.0
#include "agent/local_api/api_server.h"

#include <cerrno>
#include <chrono>
#include <exception>
#include <future>
#include <utility>
#include <vector>

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "agent.grpc.pb.h"

namespace coax {
namespace {

constexpr std::chrono::seconds kReadDeadline{10};
constexpr std::chrono::seconds kDownDeadline{60};
constexpr std::chrono::seconds kShutdownDeadline{3};
constexpr const char *kGroup = "coax";
constexpr std::size_t kGroupBytes = 4096; // at first
constexpr mode_t kSocketMode = 0660;

grpc::StatusCode code_of(ErrorCode code) {
    switch (code) {
    case ErrorCode::kInvalid:
        return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kNotFound:
        return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kExists:
        return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kPermission:
        return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::kUnsupported:
        return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::kBusy:
    case ErrorCode::kUnavailable:
        return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::kVersion:
        return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::kConflict:
        return grpc::StatusCode::ABORTED;
    case ErrorCode::kTooLarge:
    case ErrorCode::kNoSpace:
        return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kCorrupt:
        return grpc::StatusCode::DATA_LOSS;
    case ErrorCode::kSystem:
        return grpc::StatusCode::INTERNAL;
    }
    return grpc::StatusCode::INTERNAL;
}

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
    grpc::Status Down(grpc::ServerContext *, const api::DownRequest *request,
                      api::DownReply *reply) override {
        return call(handlers_.down, *request, *reply, kDownDeadline);
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
            return {code_of(result.error().code()), result.error().message()};
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
        return restrict_access();
    }

  private:
    Status restrict_access() {
        group entry{};
        group *found = nullptr;
        std::vector<char> names(kGroupBytes);
        while (::getgrnam_r(kGroup, &entry, names.data(), names.size(), &found) == ERANGE)
            names.resize(names.size() * 2); // a group of many members
        if (found != nullptr && ::chown(path_.c_str(), 0, found->gr_gid) != 0)
            return Error::from_errno("chown " + path_ + " to group coax", errno);
        if (::chmod(path_.c_str(), kSocketMode) != 0)
            return Error::from_errno("chmod " + path_, errno);
        return {};
    }

    AgentService service_;
    std::string path_;
    std::unique_ptr<grpc::Server> server_;
};

} // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(asio::io_context &loop, ApiHandlers handlers,
                                                    const std::string &socket_path) {
    static constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
    if (socket_path.size() > kPathMax)
        return Error(ErrorCode::kInvalid,
                     fmt::format("agent.run_dir: expected a socket path of at most {} bytes, found "
                                 "{} ({})",
                                 kPathMax, socket_path.size(), socket_path));
    auto server = std::make_unique<GrpcApiServer>(loop, std::move(handlers), socket_path);
    COAX_TRY(server->listen());
    return std::unique_ptr<ApiServer>(std::move(server));
}

} // namespace coax
