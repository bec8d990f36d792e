// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/fixture.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace coax::test {

TempDir::TempDir() {
    std::string name = "/tmp/coax-cli-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("mkdtemp " + name);
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void FakeAgent::serve(const std::filesystem::path &socket) {
    std::filesystem::create_directories(socket.parent_path());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket.string(), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr) << "cannot listen on " << socket;
}

void FakeAgent::stop() {
    server_->Shutdown();
    server_.reset();
}

grpc::Status FakeAgent::GetStatus(grpc::ServerContext *, const api::StatusRequest *,
                                  api::Status *reply) {
    return answer(status, reply);
}

grpc::Status FakeAgent::ListPeers(grpc::ServerContext *, const api::PeersRequest *,
                                  api::Peers *reply) {
    return answer(peers, reply);
}

grpc::Status FakeAgent::ListPorts(grpc::ServerContext *, const api::PortsRequest *,
                                  api::Ports *reply) {
    return answer(ports, reply);
}

grpc::Status FakeAgent::ListFdb(grpc::ServerContext *, const api::FdbRequest *request,
                                api::Fdb *reply) {
    fdb_request = *request;
    return answer(fdb, reply);
}

grpc::Status FakeAgent::ListDrops(grpc::ServerContext *, const api::DropsRequest *request,
                                  api::Drops *reply) {
    drops_request = *request;
    const auto last = static_cast<int>(drops.size()) - 1;
    const int index = std::min(calls.load(), last);
    return answer(index < 0 ? api::Drops() : drops[static_cast<std::size_t>(index)], reply);
}

grpc::Status FakeAgent::GetKeys(grpc::ServerContext *, const api::KeysRequest *, api::Keys *reply) {
    return answer(keys, reply);
}

grpc::Status FakeAgent::GetControl(grpc::ServerContext *, const api::ControlRequest *request,
                                   api::Control *reply) {
    control_request = *request;
    return answer(control, reply);
}

grpc::Status FakeAgent::GetDiff(grpc::ServerContext *, const api::DiffRequest *, api::Diff *reply) {
    return answer(diff, reply);
}

grpc::Status FakeAgent::Down(grpc::ServerContext *, const api::DownRequest *,
                             api::DownReply *reply) {
    ++down_calls;
    return answer(down, reply);
}

bool FakePacer::wait(std::chrono::milliseconds duration) {
    now_ += duration;
    waits.push_back(duration);
    const auto round = static_cast<int>(waits.size());
    if (between)
        between(round);
    return round < rounds;
}

int CliTest::coax(const std::vector<std::string> &arguments) {
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    std::istringstream in_stream(typed);
    const auto lookup = [this](const std::string &name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    cli::Host host{.out = out_stream,
                   .err = err_stream,
                   .in = in_stream,
                   .pacer = pacer,
                   .leftovers = leftovers,
                   .clock = clock,
                   .environment = lookup,
                   .host_name = [this] { return host_name; },
                   .default_route_interfaces = [this] { return default_route; },
                   .run_program =
                       [this](const std::vector<std::string> &program) {
                           programs.push_back(program);
                           return Status();
                       },
                   .has_systemd = systemd,
                   .out_is_terminal = out_is_terminal,
                   .in_is_terminal = in_is_terminal,
                   .terminal_columns = columns,
                   .run_root = run_.path().string(),
                   .state_root = state_root(),
                   .controller_socket = (run_.path() / "controller.sock").string()};
    const int code = cli::run(arguments, host);
    out = out_stream.str();
    err = err_stream.str();
    return code;
}

} // namespace coax::test
