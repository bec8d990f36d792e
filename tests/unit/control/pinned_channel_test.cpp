// SPDX-License-Identifier: Apache-2.0
#include "lib/control/pinned_channel.h"

#include <cstdlib>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "harness/fake_controller.h"

namespace coax {
namespace {

using test::FakeController;
using test::TlsIdentity;
using testing::HasSubstr;

void say_hello(FakeController::Visit &visit) {
    controller::v1::ToAgent message;
    message.mutable_challenge()->set_controller("the right one");
    visit.send(message);
}

struct Answer {
    std::string controller;
    grpc::Status status;
};

Answer ask(const std::string &address, const std::string &certificate) {
    const auto channel = pinned_channel(address, certificate);
    if (!channel.ok())
        return {"", grpc::Status(grpc::StatusCode::INTERNAL, channel.error().message())};
    const auto stub = controller::v1::Fleet::NewStub(*channel);
    grpc::ClientContext context;
    const auto stream = stub->Follow(&context);
    controller::v1::ToAgent message;
    Answer answer;
    while (stream->Read(&message))
        answer.controller = message.challenge().controller();
    answer.status = stream->Finish();
    return answer;
}

TEST(PinnedChannel, accepts_the_certificate_whatever_its_name) {
    for (const std::string name : {"coax-controller", "some.other.host"}) {
        const TlsIdentity identity = TlsIdentity::make(name);
        const FakeController controller(identity, say_hello);
        const Answer answer = ask(controller.address(), identity.der);
        EXPECT_EQ(answer.controller, "the right one");
        EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    }
}

TEST(PinnedChannel, refuses_another_certificate_with_the_same_name) {
    const TlsIdentity identity = TlsIdentity::make();
    const FakeController impostor(TlsIdentity::make(), say_hello);
    const Answer answer = ask(impostor.address(), identity.der);
    EXPECT_EQ(answer.controller, "");
    EXPECT_THAT(answer.status.error_message(), HasSubstr("another TLS certificate"));
    EXPECT_EQ(impostor.visits(), 0);
}

TEST(PinnedChannel, refuses_what_is_no_certificate) {
    for (const std::string text : {"", "certificate", "\x30\x03\x02\x01", "\x30\x00more"})
        EXPECT_FALSE(pinned_channel("127.0.0.1:1", text).ok());
}

TEST(PinnedChannel, turns_a_certificate_into_pem_and_back) {
    const TlsIdentity identity = TlsIdentity::make();
    const auto again = certificate_from_pem(certificate_to_pem(identity.der));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, identity.der);
    EXPECT_FALSE(certificate_from_pem(identity.key).ok());
    EXPECT_FALSE(certificate_from_pem("").ok());
}

/// In a process of its own, which has not used OpenSSL before.
void end_after_a_channel() {
    if (!pinned_channel("127.0.0.1:1", std::string("\x30\x00", 2)).ok())
        std::exit(1);
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr); // as whoever uses it first
    OPENSSL_atexit([] { std::cerr << "OpenSSL cleaned up"; });
    std::exit(0);
}

// A thread of gRPC that ended just then left 904 bytes behind: LeakSanitizer failed `coax join`.
TEST(PinnedChannelDeathTest, openssl_is_whole_when_the_process_ends) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(end_after_a_channel(), testing::ExitedWithCode(0), "^$");
}

} // namespace
} // namespace coax
