// SPDX-License-Identifier: Apache-2.0
#include "unit/controller/fake_agents.h"

#include <future>

#include <asio/post.hpp>

#include "lib/control/hello.h"

namespace coax::controller::test {
namespace {

class PlainVoice final : public AgentVoice {
  public:
    explicit PlainVoice(std::string name) : name_(std::move(name)) {}

    Result<v1::Hello> hello(const v1::Challenge & /*challenge*/) override {
        v1::Hello hello;
        hello.set_protocol(kControlProtocol);
        hello.set_name(name_);
        return hello;
    }
    std::string binding(const v1::Welcome & /*welcome*/, int count) override {
        return name_ + "#" + std::to_string(count);
    }

  private:
    std::string name_;
};

} // namespace

FakeAgents::FakeAgents() {
    resume();
}

FakeAgents::~FakeAgents() {
    on_loop([this] { agents_.clear(); });
    pause();
}

void FakeAgents::pause() {
    loop_.stop();
    if (thread_.joinable())
        thread_.join();
}

void FakeAgents::resume() {
    loop_.restart();
    thread_ = std::thread([this] {
        const auto stay = asio::make_work_guard(loop_);
        loop_.run();
    });
}

void FakeAgents::on_loop(const std::function<void()> &what) {
    std::promise<void> done;
    asio::post(loop_, [&] {
        what();
        done.set_value();
    });
    done.get_future().wait();
}

void FakeAgents::add(const std::string &name, std::vector<std::string> controllers,
                     const std::string &tls_certificate, std::unique_ptr<AgentVoice> voice) {
    on_loop([&] {
        Agent &agent = *agents_.emplace(name, std::make_unique<Agent>()).first->second;
        agent.voice = voice ? std::move(voice) : std::make_unique<PlainVoice>(name);
        FleetClient::Handlers handlers;
        handlers.hello = [&agent](const v1::Challenge &challenge) {
            return hello(agent, challenge);
        };
        handlers.welcome = [&agent](const v1::Welcome &welcome) {
            agent.welcome = welcome;
            agent.seen.with([](Seen &seen) { ++seen.welcomes; });
            say(agent);
        };
        handlers.update = [&agent](const v1::Update &update) {
            agent.seen.with([&](Seen &seen) {
                seen.mirror.take(update);
                seen.ever_gone.insert(seen.mirror.gone.begin(), seen.mirror.gone.end());
            });
        };
        handlers.state = [&agent](FleetClient::State state, const std::string &controller,
                                  const std::string &why) {
            agent.seen.with([&](Seen &seen) {
                seen.state = state;
                seen.controller = controller;
                seen.mirror.stream_ended();
                if (!why.empty())
                    seen.reasons.push_back(why);
            });
        };
        auto client = FleetClient::start(loop_, {std::move(controllers), tls_certificate},
                                         std::move(handlers));
        ASSERT_TRUE(client.ok()) << client.error().message();
        agent.client = std::move(client).value();
    });
}

Result<v1::Hello> FakeAgents::hello(Agent &agent, const v1::Challenge &challenge) {
    COAX_ASSIGN_OR_RETURN(v1::Hello hello, agent.voice->hello(challenge));
    agent.seen.with([&](Seen &seen) {
        hello.set_store_id(seen.mirror.store_id);
        hello.set_revision(seen.mirror.revision);
    });
    return hello;
}

void FakeAgents::say(Agent &agent) {
    const int count = agent.seen.with([](Seen &seen) { return ++seen.announced; });
    v1::Announce message;
    message.set_binding(agent.voice->binding(agent.welcome, count));
    message.set_lanes(1);
    message.set_backend("kernel");
    agent.client->announce(message);
}

void FakeAgents::announce(const std::string &name) {
    on_loop([&] { say(*agents_.at(name)); });
}

void FakeAgents::report(const std::string &name, const v1::Report &message) {
    on_loop([&] { agents_.at(name)->client->report(message); });
}

FakeAgents::Seen FakeAgents::seen(const std::string &name) const {
    return agents_.at(name)->seen.with([](const Seen &seen) { return seen; });
}

std::size_t FakeAgents::known(const std::string &name) const {
    return agents_.at(name)->seen.with([](const Seen &seen) { return seen.mirror.nodes.size(); });
}

} // namespace coax::controller::test
