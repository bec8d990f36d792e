// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "agent.grpc.pb.h"
#include "lib/base/unique_fd.h"

namespace coax::cli {
namespace {

Error socket_error(const std::string &socket, int error_number) {
    switch (error_number) {
    case ENOENT:
        return {ErrorCode::kNotFound,
                fmt::format("no agent at {}: is it running? (systemctl status coaxd)", socket)};
    case ECONNREFUSED:
        return {ErrorCode::kNotFound,
                fmt::format("nobody answers at {}: the agent has stopped (systemctl status coaxd)",
                            socket)};
    case EACCES:
    case EPERM:
        return {ErrorCode::kPermission,
                fmt::format("no permission for {}: join group coax or use sudo", socket)};
    case EAGAIN:
        return {ErrorCode::kUnavailable,
                fmt::format("the agent at {} accepts no connection: busy or stuck "
                            "(journalctl -u coaxd)",
                            socket)};
    default:
        return {ErrorCode::kUnavailable,
                fmt::format("cannot connect to {}: {}", socket, std::strerror(error_number))};
    }
}

Error call_error(const std::string &socket, const grpc::Status &status) {
    switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
        return {ErrorCode::kUnavailable,
                fmt::format("lost the agent at {} (systemctl status coaxd): {}", socket,
                            status.error_message())};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
        return {ErrorCode::kUnavailable,
                fmt::format("the agent at {} did not answer in time: busy or stuck "
                            "(journalctl -u coaxd)",
                            socket)};
    case grpc::StatusCode::PERMISSION_DENIED:
        return {ErrorCode::kPermission,
                fmt::format("the agent refused: {}: join group coax or use sudo",
                            status.error_message())};
    case grpc::StatusCode::UNIMPLEMENTED:
        return {ErrorCode::kVersion,
                "the agent does not know this request: coax and coaxd are of different versions"};
    default:
        return {ErrorCode::kSystem, fmt::format("the agent says: {}", status.error_message())};
    }
}

} // namespace

Status probe_socket(const std::string &socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.empty() || socket.size() >= sizeof(address.sun_path)) {
        return Error(ErrorCode::kInvalid,
                     fmt::format("socket path {} has {} bytes: expected 1 to {}", socket,
                                 socket.size(), sizeof(address.sun_path) - 1));
    }
    socket.copy(address.sun_path, socket.size());
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid())
        return socket_error(socket, errno);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
        return socket_error(socket, errno);
    return {};
}

class AgentClient::Channel {
  public:
    explicit Channel(std::string socket) : socket_(std::move(socket)) {}

    template <typename Request, typename Reply>
    Result<Reply> call(grpc::Status (api::Agent::Stub::*method)(grpc::ClientContext *,
                                                                const Request &, Reply *),
                       const Request &request, std::chrono::milliseconds deadline) {
        COAX_TRY(probe_socket(socket_));
        connect();
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + deadline);
        Reply reply;
        const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
        if (!status.ok()) {
            stub_.reset(); // a restarted agent is found at once, not after a reconnect back-off
            return call_error(socket_, status);
        }
        return reply;
    }

  private:
    void connect() {
        if (stub_)
            return;
        grpc::ChannelArguments arguments;
        arguments.SetMaxReceiveMessageSize(-1); // an FDB of a million entries
        arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
        stub_ = api::Agent::NewStub(grpc::CreateCustomChannel(
            "unix:" + socket_, grpc::InsecureChannelCredentials(), arguments));
    }

    std::string socket_;
    std::unique_ptr<api::Agent::Stub> stub_;
};

AgentClient::AgentClient(std::string socket, std::chrono::milliseconds deadline)
    : channel_(std::make_unique<Channel>(std::move(socket))), deadline_(deadline) {}
AgentClient::~AgentClient() = default;

using Stub = api::Agent::Stub;

Result<api::Status> AgentClient::status() {
    return channel_->call(&Stub::GetStatus, api::StatusRequest(), deadline_);
}

Result<api::Peers> AgentClient::peers() {
    return channel_->call(&Stub::ListPeers, api::PeersRequest(), deadline_);
}

Result<api::Ports> AgentClient::ports() {
    return channel_->call(&Stub::ListPorts, api::PortsRequest(), deadline_);
}

Result<api::Fdb> AgentClient::fdb(std::uint32_t vni, std::uint32_t limit) {
    api::FdbRequest request;
    request.set_vni(vni);
    request.set_limit(limit);
    return channel_->call(&Stub::ListFdb, request, deadline_);
}

Result<api::Drops> AgentClient::drops(bool all) {
    api::DropsRequest request;
    request.set_all(all);
    return channel_->call(&Stub::ListDrops, request, deadline_);
}

Result<api::Keys> AgentClient::keys() {
    return channel_->call(&Stub::GetKeys, api::KeysRequest(), deadline_);
}

Result<api::Control> AgentClient::control(const std::string &peer) {
    api::ControlRequest request;
    request.set_peer(peer);
    return channel_->call(&Stub::GetControl, request, deadline_);
}

Result<api::Diff> AgentClient::diff() {
    return channel_->call(&Stub::GetDiff, api::DiffRequest(), deadline_);
}

Result<api::Keys> AgentClient::rotate_keys() {
    return channel_->call(&Stub::RotateKeys, api::RotateKeysRequest(), kChangeDeadline);
}

Result<api::DownReply> AgentClient::down() {
    return channel_->call(&Stub::Down, api::DownRequest(), kChangeDeadline);
}

} // namespace coax::cli
