// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include "controller/tls_identity.h"
#include "lib/base/result.h"
#include "lib/state/desired_state.h"

namespace coax::controller {

/// Where a controller listens with TLS, for agents and operators.
/// Threads: gRPC's own.
class GrpcServer {
  public:
    struct Options {
        const TlsIdentity &identity;
        std::vector<ListenAddress> listen;
        std::vector<grpc::Service *> services; // outlive the server
    };

    static Result<std::unique_ptr<GrpcServer>> start(const Options &options);
    GrpcServer(const GrpcServer &) = delete;
    GrpcServer &operator=(const GrpcServer &) = delete;
    ~GrpcServer();

    /// Ends all calls, those that do not end by themselves in a moment too. Blocks, while the event
    /// loop must go on.
    void shut_down();
    /// Of the TLS addresses, in their order: where 0 was asked for, the port that was given.
    [[nodiscard]] const std::vector<int> &ports() const { return ports_; }

  private:
    GrpcServer() = default;
    Status listen(const Options &options);

    std::vector<int> ports_;
    std::unique_ptr<grpc::Server> server_;
};

} // namespace coax::controller
