// SPDX-License-Identifier: Apache-2.0
// Clients that do not do what they should, over bare gRPC.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "controller.grpc.pb.h"
#include "harness/poll_until.h"
#include "lib/control/pinned_channel.h"
#include "lib/store/memory_store.h"
#include "unit/controller/fake_agents.h"
#include "unit/controller/test_controller.h"

namespace coax::controller {
namespace {

using coax::test::poll_until;
using test::FakeAgents;
using test::TestController;

/// A stream of bytes to Fleet.Follow.
class RawStream {
  public:
    explicit RawStream(const TestController &controller) {
        auto channel = pinned_channel(controller.address(), test::test_identity().certificate_der);
        EXPECT_TRUE(channel.ok());
        stub_ = v1::Fleet::NewStub(*channel);
        stream_ = stub_->Follow(&context_);
    }
    ~RawStream() {
        context_.TryCancel();
        static_cast<void>(stream_->Finish());
    }
    RawStream(const RawStream &) = delete;
    RawStream &operator=(const RawStream &) = delete;

    bool write(const v1::FromAgent &message) { return stream_->Write(message); }
    /// The reason of the refusal that comes in the end; empty: none came.
    std::string refusal() {
        v1::ToAgent message;
        std::string reason;
        while (stream_->Read(&message))
            if (message.has_refused())
                reason = message.refused().reason();
        return reason;
    }
    bool read(v1::ToAgent &message) { return stream_->Read(&message); }

    static v1::FromAgent hello(const std::string &name) {
        v1::FromAgent message;
        message.mutable_hello()->set_name(name);
        return message;
    }
    static v1::FromAgent alive() {
        v1::FromAgent message;
        message.mutable_alive();
        return message;
    }

  private:
    grpc::ClientContext context_;
    std::unique_ptr<v1::Fleet::Stub> stub_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::FromAgent, v1::ToAgent>> stream_;
};

class FleetAbuseTest : public testing::Test {
  protected:
    SystemClock clock_;
    std::unique_ptr<Store> store_ = make_memory_store(clock_);
    TestController controller_{*store_, test::test_identity(), {}};
};

TEST_F(FleetAbuseTest, who_floods_is_refused_and_others_do_not_notice) {
    FakeAgents others;
    others.add("node-1", {controller_.address()}, test::test_identity().certificate_der);
    ASSERT_TRUE(poll_until([&] { return others.known("node-1") == 1; }));
    RawStream stream(controller_);
    ASSERT_TRUE(stream.write(RawStream::hello("node-2")));
    while (stream.write(RawStream::alive())) {
    }
    EXPECT_EQ(stream.refusal(), "flooding");
    EXPECT_EQ(others.seen("node-1").state, FleetClient::State::kWelcome);
    EXPECT_EQ(others.seen("node-1").welcomes, 1);
}

TEST_F(FleetAbuseTest, the_hello_comes_first) {
    RawStream stream(controller_);
    ASSERT_TRUE(stream.write(RawStream::alive()));
    EXPECT_EQ(stream.refusal(), "out_of_order");
}

TEST_F(FleetAbuseTest, a_second_hello_is_out_of_order) {
    RawStream stream(controller_);
    ASSERT_TRUE(stream.write(RawStream::hello("node-1")));
    v1::ToAgent message;
    while (!message.has_welcome())
        ASSERT_TRUE(stream.read(message));
    ASSERT_TRUE(stream.write(RawStream::hello("node-1")));
    EXPECT_EQ(stream.refusal(), "out_of_order");
}

TEST_F(FleetAbuseTest, an_oversized_hello_is_refused_unread) {
    RawStream stream(controller_);
    v1::FromAgent message = RawStream::hello("node-1");
    message.mutable_hello()->set_certificate(std::string(100'000, 'x'));
    ASSERT_TRUE(stream.write(message));
    EXPECT_EQ(stream.refusal(), "too_large");
}

TEST_F(FleetAbuseTest, an_unknown_message_is_out_of_order) {
    RawStream stream(controller_);
    ASSERT_TRUE(stream.write(v1::FromAgent()));
    EXPECT_EQ(stream.refusal(), "out_of_order");
}

TEST_F(FleetAbuseTest, who_says_nothing_is_refused_in_the_end) {
    RawStream stream(controller_);
    EXPECT_EQ(stream.refusal(), "timeout");
}

TEST_F(FleetAbuseTest, who_leaves_in_the_middle_leaves_nothing_behind) {
    for (int i = 0; i < 20; ++i) {
        RawStream stream(controller_);
        ASSERT_TRUE(stream.write(RawStream::hello("node-1")));
    }
    ASSERT_TRUE(poll_until([&] {
        const auto hub = controller_.state().hub;
        return hub.agents == 0 && hub.unfinished == 0 && hub.pending == 0;
    }));
}

} // namespace
} // namespace coax::controller
