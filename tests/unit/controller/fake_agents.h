// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "lib/base/guarded.h"
#include "lib/control/fleet_client.h"
#include "unit/controller/agent_mirror.h"

namespace coax::controller::test {

/// What an agent says of itself.
class AgentVoice {
  public:
    virtual ~AgentVoice() = default;
    virtual Result<v1::Hello> hello(const v1::Challenge &challenge) = 0;
    /// Its binding, for the `count`th time.
    virtual std::string binding(const v1::Welcome &welcome, int count) = 0;
};

/// Agents with the real client and no kernel, on one event loop of their own thread. Each announces
/// a binding whenever it is welcome, and again by announce(): "NAME#COUNT" unless it has a voice.
class FakeAgents {
  public:
    FakeAgents();
    FakeAgents(const FakeAgents &) = delete;
    FakeAgents &operator=(const FakeAgents &) = delete;
    ~FakeAgents();

    void add(const std::string &name, std::vector<std::string> controllers,
             const std::string &tls_certificate, std::unique_ptr<AgentVoice> voice = nullptr);
    void announce(const std::string &name);
    void report(const std::string &name, const v1::Report &message);
    /// As SIGSTOP does: nothing runs until resume().
    void pause();
    void resume();

    struct Seen {
        AgentMirror mirror;
        int welcomes = 0;
        int announced = 0;
        FleetClient::State state = FleetClient::State::kWaiting;
        std::string controller;
        std::vector<std::string> reasons; // of states that had one
        std::set<std::string> ever_gone;  // all that was ever called gone
    };
    [[nodiscard]] Seen seen(const std::string &name) const;
    /// Names of all nodes whose record the agent has, but its own.
    [[nodiscard]] std::size_t known(const std::string &name) const;

  private:
    struct Agent {
        std::unique_ptr<AgentVoice> voice;
        std::unique_ptr<FleetClient> client;
        v1::Welcome welcome; // the last
        mutable Guarded<Seen> seen;
    };
    static void say(Agent &agent);
    void on_loop(const std::function<void()> &what);
    static Result<v1::Hello> hello(Agent &agent, const v1::Challenge &challenge);

    asio::io_context loop_{1};
    std::map<std::string, std::unique_ptr<Agent>> agents_;
    std::thread thread_;
};

} // namespace coax::controller::test
