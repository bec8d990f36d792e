// SPDX-License-Identifier: Apache-2.0
#include "controller/api/fleet_service.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <asio/post.hpp>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "controller.grpc.pb.h"
#include "controller/api/fleet_hub.h"

namespace coax::controller {
namespace {

constexpr std::size_t kShortMessageMaxBytes = std::size_t{64} * 1024; // of all but reports
constexpr int kNestingMax = 10;                                       // ours are four deep

grpc::Slice slice_of(const std::string &text) {
    return grpc::Slice(text.data(), text.size());
}

/// Shares the fields instead of copying them.
grpc::Slice slice_of(const SharedFields &fields) {
    auto *const holder = new SharedFields(fields);
    return grpc::Slice(
        const_cast<char *>(fields->data()), fields->size(),
        [](void *held) { delete static_cast<SharedFields *>(held); }, holder);
}

grpc::ByteBuffer buffer_of(const WireMessage &message) {
    std::vector<grpc::Slice> slices;
    slices.push_back(slice_of(message.head));
    if (message.fields)
        slices.push_back(slice_of(message.fields));
    if (!message.tail.empty())
        slices.push_back(slice_of(message.tail));
    return grpc::ByteBuffer(slices.data(), slices.size());
}

std::optional<v1::FromAgent> parse(const grpc::ByteBuffer &buffer) {
    std::vector<grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok())
        return std::nullopt;
    std::string bytes;
    bytes.reserve(buffer.Length());
    for (const grpc::Slice &slice : slices)
        bytes.append(reinterpret_cast<const char *>(slice.begin()), slice.size());
    google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t *>(bytes.data()),
                                              static_cast<int>(bytes.size()));
    in.SetRecursionLimit(kNestingMax);
    v1::FromAgent message;
    if (!message.ParseFromCodedStream(&in) || !in.ConsumedEntireMessage())
        return std::nullopt;
    return message;
}

/// Holds itself until gRPC is done with it.
class GrpcAgentLink final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public AgentLink,
                            public std::enable_shared_from_this<GrpcAgentLink> {
  public:
    static GrpcAgentLink *open(asio::io_context &loop, FleetHub &hub,
                               grpc::CallbackServerContext *context) {
        const std::shared_ptr<GrpcAgentLink> link(new GrpcAgentLink(loop, hub, context));
        link->self_ = link;
        asio::post(loop, [link] { link->id_ = link->hub_.opened(link); });
        return link.get();
    }

    void write(WireMessage message) override {
        if (ending_)
            return;
        writing_ = true;
        outgoing_ = buffer_of(message);
        StartWrite(&outgoing_);
    }
    void read() override {
        if (!ending_)
            StartRead(&incoming_);
    }
    void finish() override { end(); }
    void abort() override {
        if (!finished_)
            context_->TryCancel();
    }
    [[nodiscard]] std::string peer() const override { return peer_; }

  private:
    GrpcAgentLink(asio::io_context &loop, FleetHub &hub, grpc::CallbackServerContext *context)
        : loop_(loop), hub_(hub), context_(context), peer_(context->peer()) {}

    template <typename What>
    void post(What what) {
        asio::post(loop_, [link = shared_from_this(), what] { what(*link); });
    }

    void OnReadDone(bool ok) override {
        if (!ok) // nothing more comes: the agent has left
            return post([](GrpcAgentLink &link) { link.end(); });
        const std::size_t bytes = incoming_.Length();
        auto message = std::make_shared<std::optional<v1::FromAgent>>(parse(incoming_));
        incoming_.Clear();
        post([message, bytes](GrpcAgentLink &link) { link.take(*message, bytes); });
    }
    void OnWriteDone(bool ok) override {
        post([ok](GrpcAgentLink &link) { link.writing_ended(ok); });
    }
    void OnCancel() override {
        post([](GrpcAgentLink &link) { link.end(); });
    }
    void OnDone() override {
        post([](GrpcAgentLink &link) { link.hub_.closed(link.id_); });
        self_.reset(); // the last one is in the loop
    }

    void take(const std::optional<v1::FromAgent> &message, std::size_t bytes) {
        if (ending_)
            return;
        if (!message)
            return hub_.received_garbage(id_, "malformed",
                                         "expected a message of Fleet, found other bytes");
        const std::size_t most =
            message->has_report() ? kFleetMessageMaxBytes : kShortMessageMaxBytes;
        if (bytes > most)
            return hub_.received_garbage(
                id_, "too_large",
                fmt::format("expected a message of at most {} bytes, found {}", most, bytes));
        hub_.received(id_, *message);
    }
    void writing_ended(bool ok) {
        writing_ = false;
        if (ending_ || !ok)
            return end();
        hub_.written(id_);
    }
    /// gRPC must not be asked to finish while it writes.
    void end() {
        ending_ = true;
        if (finished_)
            return;
        if (writing_)
            return context_->TryCancel();
        finished_ = true;
        Finish(grpc::Status::OK);
    }

    asio::io_context &loop_;
    FleetHub &hub_;
    grpc::CallbackServerContext *context_;
    const std::string peer_;
    std::shared_ptr<GrpcAgentLink> self_;
    SessionId id_;
    grpc::ByteBuffer incoming_; // gRPC's while a read is under way
    grpc::ByteBuffer outgoing_;
    bool writing_ = false;
    bool ending_ = false;   // nothing is started any more
    bool finished_ = false; // Finish() was called
};

class FleetService final : public v1::Fleet::WithRawCallbackMethod_Follow<v1::Fleet::Service> {
  public:
    FleetService(asio::io_context &loop, FleetHub &hub) : loop_(loop), hub_(hub) {}

    grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> *
    Follow(grpc::CallbackServerContext *context) override {
        return GrpcAgentLink::open(loop_, hub_, context);
    }

  private:
    asio::io_context &loop_;
    FleetHub &hub_;
};

} // namespace

std::unique_ptr<grpc::Service> make_fleet_service(asio::io_context &loop, FleetHub &hub) {
    return std::make_unique<FleetService>(loop, hub);
}

} // namespace coax::controller
