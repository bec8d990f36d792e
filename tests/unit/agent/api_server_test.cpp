// SPDX-License-Identifier: Apache-2.0
#include "agent/local_api/api_server.h"

#include <fstream>
#include <thread>

#include <sys/stat.h>

#include <asio/executor_work_guard.hpp>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "agent.grpc.pb.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using testing::HasSubstr;

/// A server whose event loop runs in a thread of its own.
class ApiServerTest : public testing::Test {
  protected:
    ApiServerTest() : thread_([this] { loop_.run(); }) {}
    void TearDown() override {
        server_.reset();
        work_.reset();
        thread_.join();
    }
    void start() {
        auto server = ApiServer::start(loop_, handlers_, path_);
        ASSERT_TRUE(server.ok()) << server.error().message();
        server_ = std::move(server).value();
        stub_ = api::Agent::NewStub(
            grpc::CreateChannel("unix:" + path_, grpc::InsecureChannelCredentials()));
    }

    test::TempFolder folder_;
    std::string path_ = (folder_.path() / "agent.sock").string();
    asio::io_context loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(loop_);
    ApiHandlers handlers_;
    std::unique_ptr<ApiServer> server_;
    std::unique_ptr<api::Agent::Stub> stub_;
    std::thread thread_; // last: uses the loop
};

TEST_F(ApiServerTest, handler_runs_on_the_loop_and_its_answer_arrives) {
    std::thread::id ran_on;
    handlers_.status = [&](const api::StatusRequest &) {
        ran_on = std::this_thread::get_id();
        api::Status status;
        status.set_node_name("alpha");
        return Result<api::Status>(status);
    };
    start();
    grpc::ClientContext context;
    api::Status reply;
    ASSERT_TRUE(stub_->GetStatus(&context, {}, &reply).ok());
    EXPECT_EQ(reply.node_name(), "alpha");
    EXPECT_EQ(ran_on, thread_.get_id());
}

TEST_F(ApiServerTest, error_of_a_handler_arrives_with_its_text) {
    handlers_.keys = [](const api::KeysRequest &) {
        return Result<api::Keys>(Error(ErrorCode::kUnavailable, "not yet"));
    };
    handlers_.fdb = [](const api::FdbRequest &) -> Result<api::Fdb> {
        throw std::runtime_error("thrown by a library");
    };
    start();
    grpc::ClientContext keys_context;
    api::Keys keys;
    const grpc::Status status = stub_->GetKeys(&keys_context, {}, &keys);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "not yet");
    grpc::ClientContext fdb_context;
    api::Fdb fdb;
    EXPECT_EQ(stub_->ListFdb(&fdb_context, {}, &fdb).error_message(), "thrown by a library");
}

TEST_F(ApiServerTest, socket_is_closed_to_others_and_replaces_a_stale_one) {
    std::ofstream(path_) << "stale";
    start();
    struct stat info {};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_TRUE(S_ISSOCK(info.st_mode));
    EXPECT_EQ(info.st_mode & 0777U, 0660U);
    server_.reset();
    EXPECT_NE(::stat(path_.c_str(), &info), 0) << "goes with the server";
}

TEST_F(ApiServerTest, path_that_no_socket_can_have_is_an_error) {
    path_ = "/tmp/" + std::string(120, 'x') + "/agent.sock";
    const auto server = ApiServer::start(loop_, handlers_, path_);
    ASSERT_FALSE(server.ok());
    EXPECT_THAT(server.error().message(), HasSubstr("107"));
    const auto nowhere = ApiServer::start(loop_, handlers_, "/nonexistent/agent.sock");
    ASSERT_FALSE(nowhere.ok());
    EXPECT_THAT(nowhere.error().message(), HasSubstr("/nonexistent/agent.sock"));
}

} // namespace
} // namespace coax
