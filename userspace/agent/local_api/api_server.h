// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "agent.pb.h"
#include "lib/base/result.h"

namespace coax {

namespace api = agent::v1;

/// What the local API calls on the event loop.
struct ApiHandlers {
    std::function<Result<api::Status>(const api::StatusRequest &)> status;
    std::function<Result<api::Peers>(const api::PeersRequest &)> peers;
    std::function<Result<api::Ports>(const api::PortsRequest &)> ports;
    std::function<Result<api::Fdb>(const api::FdbRequest &)> fdb;
    std::function<Result<api::Drops>(const api::DropsRequest &)> drops;
    std::function<Result<api::Keys>(const api::KeysRequest &)> keys;
    std::function<Result<api::Keys>(const api::RotateKeysRequest &)> rotate_keys;
    std::function<Result<api::Control>(const api::ControlRequest &)> control;
    std::function<Result<api::Diff>(const api::DiffRequest &)> diff;
    std::function<Result<api::DownReply>(const api::DownRequest &)> down;
};

/// gRPC on a unix socket, mode 0660, group coax where that group exists (else root's): the mode is the
/// access control.
/// Threads: gRPC's own; every handler runs on `loop`, the calling thread waits for it with a deadline.
/// Ownership: the socket file; `loop` and what the handlers refer to outlive it. Destruction lets calls
/// that are being answered finish.
class ApiServer {
  public:
    virtual ~ApiServer() = default;

    /// A socket file nobody listens on is replaced (the instance lock says that nobody does).
    static Result<std::unique_ptr<ApiServer>> start(asio::io_context &loop, ApiHandlers handlers,
                                                    const std::string &socket_path);
};

} // namespace coax
