// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "controller.grpc.pb.h"

namespace coax::test {

/// A TLS key pair as a controller has one.
struct TlsIdentity {
    std::string key;         // PEM
    std::string certificate; // PEM
    std::string der;         // the same

    /// Each call makes another one.
    static TlsIdentity make(const std::string &name = "coax-controller");
};

/// A controller that does on each stream what a script says. Streams end with the object.
/// Threads: the script runs in those of gRPC.
class FakeController {
  public:
    using Stream = grpc::ServerReaderWriter<controller::v1::ToAgent, controller::v1::FromAgent>;
    struct Visit {
        Stream &stream;
        grpc::ServerContext &context;
        int number; // of the stream, from 1 on

        bool send(const controller::v1::ToAgent &message) { return stream.Write(message); }
        /// Challenge, hello, welcome. What the agent said.
        controller::v1::FromAgent greet(std::uint32_t alive_seconds = 1);
        /// Takes what comes until the agent leaves.
        void listen();
    };
    using Script = std::function<void(Visit &)>;

    /// `port` 0: any that is free.
    FakeController(const TlsIdentity &identity, Script script, int port = 0,
                   const std::string &host = "127.0.0.1");
    FakeController(const FakeController &) = delete;
    FakeController &operator=(const FakeController &) = delete;
    ~FakeController();

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] int visits() const;

  private:
    class Service;
    std::unique_ptr<Service> service_;
    std::unique_ptr<grpc::Server> server_;
    int port_ = 0;
};

} // namespace coax::test
