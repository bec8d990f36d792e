// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <asio/io_context.hpp>
#include <grpcpp/grpcpp.h>

#include "controller.grpc.pb.h"
#include "lib/base/guarded.h"

namespace coax {

/// One call of Fleet.Follow, its events on an event loop. gRPC's threads only post: a message is
/// handed over, and the next one is read when it was taken, so a flood waits in the network.
/// Threads: that of the loop, apart from what gRPC calls. Ownership: close() it before the last
/// holder lets go. After that no event comes, gRPC is done with it, and the loop may go. It must not
/// be destroyed in a thread of gRPC: with the last channel of the process those threads end, and
/// the one that waits for that is none of them.
class FleetStream final
    : public grpc::ClientBidiReactor<controller::v1::FromAgent, controller::v1::ToAgent>,
      public std::enable_shared_from_this<FleetStream> {
  public:
    struct Events {
        std::function<void(const controller::v1::ToAgent &)> message;
        std::function<void()> written; // the message of write() has left
        std::function<void(const grpc::Status &)> ended;
    };

    static std::shared_ptr<FleetStream>
    open(asio::io_context &loop, const std::shared_ptr<grpc::Channel> &channel, Events events);
    ~FleetStream() override = default;
    FleetStream(const FleetStream &) = delete;
    FleetStream &operator=(const FleetStream &) = delete;

    /// One at a time: wait for `written`.
    void write(controller::v1::FromAgent message);
    /// Waits until gRPC has cancelled, which needs no answer of the other side.
    void close();

  private:
    FleetStream(asio::io_context &loop, const std::shared_ptr<grpc::Channel> &channel,
                Events events);

    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnDone(const grpc::Status &status) override;

    /// Nothing happens when the stream was closed.
    void post(std::function<void(FleetStream &)> what);
    void read_next();
    void release();

    Guarded<asio::io_context *> loop_; // null: closed
    Events events_;
    std::unique_ptr<controller::v1::Fleet::Stub> stub_;
    grpc::ClientContext context_;
    controller::v1::ToAgent incoming_;   // gRPC's while a read is under way, else the loop's
    controller::v1::FromAgent outgoing_; // the same, of a write
    std::shared_ptr<Guarded<bool>> done_ = std::make_shared<Guarded<bool>>(false);
    bool held_ = true; // gRPC does not end the call while we may start something
    bool closed_ = false;
};

} // namespace coax
