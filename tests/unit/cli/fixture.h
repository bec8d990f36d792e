// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "agent.grpc.pb.h"
#include "cli/app.h"
#include "cli/leftovers.h"
#include "harness/fake_clock.h"

namespace coax::test {

namespace api = coax::agent::v1;

/// A directory of its own below /tmp, gone with the object.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;
    [[nodiscard]] const std::filesystem::path &path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// An agent that answers from memory; what it was asked is kept. The members are set before a call.
class FakeAgent final : public api::Agent::Service {
  public:
    api::Status status;
    api::Peers peers;
    api::Ports ports;
    api::Fdb fdb;
    std::vector<api::Drops> drops; // one per call; the last one again and again
    api::Keys keys;
    api::Control control;
    api::Diff diff;
    api::DownReply down;
    grpc::Status verdict = grpc::Status::OK;

    api::FdbRequest fdb_request;
    api::DropsRequest drops_request;
    api::ControlRequest control_request;
    std::atomic<int> calls = 0;
    std::atomic<int> down_calls = 0;

    /// Starts to answer on `socket` (its directory is made).
    void serve(const std::filesystem::path &socket);
    void stop();

    grpc::Status GetStatus(grpc::ServerContext *, const api::StatusRequest *,
                           api::Status *reply) override;
    grpc::Status ListPeers(grpc::ServerContext *, const api::PeersRequest *,
                           api::Peers *reply) override;
    grpc::Status ListPorts(grpc::ServerContext *, const api::PortsRequest *,
                           api::Ports *reply) override;
    grpc::Status ListFdb(grpc::ServerContext *, const api::FdbRequest *request,
                         api::Fdb *reply) override;
    grpc::Status ListDrops(grpc::ServerContext *, const api::DropsRequest *request,
                           api::Drops *reply) override;
    grpc::Status GetKeys(grpc::ServerContext *, const api::KeysRequest *,
                         api::Keys *reply) override;
    grpc::Status GetControl(grpc::ServerContext *, const api::ControlRequest *request,
                            api::Control *reply) override;
    grpc::Status GetDiff(grpc::ServerContext *, const api::DiffRequest *,
                         api::Diff *reply) override;
    grpc::Status Down(grpc::ServerContext *, const api::DownRequest *,
                      api::DownReply *reply) override;

  private:
    template <typename Reply>
    grpc::Status answer(const Reply &value, Reply *reply) {
        ++calls;
        *reply = value;
        return verdict;
    }
    std::unique_ptr<grpc::Server> server_;
};

/// Time passes when asked to wait; stops after `rounds` blocks.
class FakePacer final : public cli::Pacer {
  public:
    int rounds = 1;
    std::vector<std::chrono::milliseconds> waits;
    std::function<void(int round)> between; // called in each wait

    std::chrono::steady_clock::time_point now() override { return now_; }
    bool wait(std::chrono::milliseconds duration) override;

  private:
    std::chrono::steady_clock::time_point now_;
};

class FakeLeftovers final : public cli::Leftovers {
  public:
    Result<cli::LeftoverReport> answer = cli::LeftoverReport{};
    std::vector<std::string> asked; // "INSTANCE RUN_DIR"

    Result<cli::LeftoverReport> remove(const std::string &instance,
                                       const std::string &run_dir) override {
        asked.push_back(instance + " " + run_dir);
        return answer;
    }
};

/// The whole command in this process, against a fake agent.
class CliTest : public ::testing::Test {
  protected:
    /// Runs `coax ARGUMENTS...` and fills out, err.
    int coax(const std::vector<std::string> &arguments);
    [[nodiscard]] std::string socket_of(const std::string &instance) const {
        return run_dir_of(instance) + "/agent.sock";
    }
    [[nodiscard]] std::string run_dir_of(const std::string &instance) const {
        return (run_.path() / instance).string();
    }
    void serve() { agent.serve(socket_of("coax")); }

    FakeAgent agent;
    FakePacer pacer;
    FakeLeftovers leftovers;
    FakeClock clock;
    std::map<std::string, std::string> environment;
    std::string typed; // on stdin
    bool out_is_terminal = false;
    bool in_is_terminal = false;
    std::size_t columns = 0;
    std::string host_name = "storage1.example.com";
    std::vector<std::string> default_route = {"eth0"};
    bool systemd = false;
    std::vector<std::vector<std::string>> programs; // that were run

    [[nodiscard]] std::string state_root() const { return (run_.path() / "state").string(); }

    std::string out;
    std::string err;

  private:
    TempDir run_;
};

} // namespace coax::test
