// SPDX-License-Identifier: Apache-2.0
#include "unit/controller/fake_agents.h"

#include <future>

#include <asio/post.hpp>

#include "lib/control/hello.h"

namespace coax::controller::test {

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
                     const std::string &tls_certificate) {
    on_loop([&] {
        Agent &agent = *agents_.emplace(name, std::make_unique<Agent>()).first->second;
        FleetClient::Handlers handlers;
        handlers.hello = [&agent, name](const v1::Challenge &) -> Result<v1::Hello> {
            v1::Hello hello;
            hello.set_protocol(kControlProtocol);
            hello.set_name(name);
            agent.seen.with([&](Seen &seen) {
                hello.set_store_id(seen.mirror.store_id);
                hello.set_revision(seen.mirror.revision);
            });
            return hello;
        };
        handlers.welcome = [this, &agent, name](const v1::Welcome &) {
            agent.seen.with([](Seen &seen) { ++seen.welcomes; });
            say(name, agent);
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

void FakeAgents::say(const std::string &name, Agent &agent) {
    const int count = agent.seen.with([](Seen &seen) { return ++seen.announced; });
    v1::Announce message;
    message.set_binding(name + "#" + std::to_string(count));
    agent.client->announce(message);
}

void FakeAgents::announce(const std::string &name) {
    on_loop([&] { say(name, *agents_.at(name)); });
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
