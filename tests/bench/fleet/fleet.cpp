// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/fleet.h"

#include <memory>
#include <utility>

#include <asio/steady_timer.hpp>

namespace coax::bench {
namespace {

constexpr std::chrono::seconds kPatience{1}; // then waits on

TimePoint now() {
    return std::chrono::steady_clock::now();
}

TimePoint::duration to_duration(Fleet::Seconds seconds) {
    return std::chrono::duration_cast<TimePoint::duration>(seconds);
}

} // namespace

/// What is to be done when, in the calling thread.
class Fleet::Agenda {
  public:
    void at(TimePoint when, std::function<void()> what) {
        const auto timer = std::make_shared<asio::steady_timer>(loop_, when);
        timer->async_wait([timer, what = std::move(what)](const asio::error_code &) { what(); });
    }
    /// Again and again, each time before `end`; late ones are made up for.
    void every(TimePoint::duration distance, TimePoint first, TimePoint end,
               const std::function<void()> &what) {
        if (first >= end)
            return;
        at(first, [=, this] {
            every(distance, first + distance, end, what);
            what();
        });
    }
    /// Until nothing is left.
    void run() { loop_.run(); }

  private:
    asio::io_context loop_{1};
};

Fleet::Fleet(Options options, std::vector<Identity> &identities)
    : options_(std::move(options)), ledger_(identities.size()) {
    places_.reserve(identities.size());
    for (std::size_t i = 0; i < identities.size(); ++i) {
        LoopThread &loop = verifies(i) ? verifying_ : plain_;
        SimAgent::Facts facts{
            .index = i, .loop = &loop.loop(), .client = options_.client, .verifies = {}};
        if (verifies(i))
            facts.verifies = options_.anchors;
        places_.push_back(
            {&loop, std::make_unique<SimAgent>(std::move(facts), identities[i], ledger_)});
    }
}

Fleet::~Fleet() {
    for (std::size_t i = 0; i < places_.size(); ++i)
        on_loop(i, [](SimAgent &agent) { agent.stop(); });
    drain();
    drain(); // what they cancelled
}

void Fleet::drain() {
    Guarded<int> loops(2);
    for (LoopThread *loop : {&plain_, &verifying_})
        loop->post([&loops] { loops.change([](int &left) { --left; }); });
    while (!loops.wait_until(now() + kPatience, [](int left) { return left == 0; })) {
    }
}

bool Fleet::verifies(std::size_t agent) const {
    return options_.one_verifies_in > 0 && agent % options_.one_verifies_in == 0;
}

std::size_t Fleet::verifying() const {
    return options_.one_verifies_in > 0
               ? (places_.size() + options_.one_verifies_in - 1) / options_.one_verifies_in
               : 0;
}

void Fleet::on_loop(std::size_t agent, std::function<void(SimAgent &)> what) {
    Place &place = places_.at(agent);
    place.loop->post([&agent = *place.agent, what = std::move(what)] { what(agent); });
}

bool Fleet::wait_for(const std::function<bool(const Ledger &)> &condition) {
    return ledger_.wait_until(now() + to_duration(options_.deadline), condition);
}

Fleet::Arrivals Fleet::join() {
    const TimePoint began = now();
    for (std::size_t i = 0; i < places_.size(); ++i)
        on_loop(i, [](SimAgent &agent) { agent.start(); });
    const bool complete = wait_for([](const Ledger &ledger) { return ledger.is_settled(); });
    return arrivals(began, complete);
}

Fleet::Arrivals Fleet::recover(TimePoint since) {
    const bool complete = wait_for([&](const Ledger &ledger) {
        return ledger.is_settled() && ledger.current_since(since) == ledger.nodes();
    });
    return arrivals(since, complete);
}

Fleet::Arrivals Fleet::arrivals(TimePoint since, bool complete) {
    Arrivals result{
        .complete = complete, .agents = 0, .welcome = {}, .current = {}, .full_view = {}};
    ledger_.with([&](Ledger &ledger) {
        (void)ledger.take_samples();
        result.agents = ledger.there_since(since);
        const auto add = [&](std::vector<double> &to, TimePoint at) {
            if (at > since)
                to.push_back(Seconds(at - since).count());
        };
        for (std::size_t i = 0; i < ledger.nodes(); ++i) {
            const Ledger::AgentTimes times = ledger.times(i);
            add(result.welcome, times.welcomed);
            add(result.current, times.current);
            add(result.full_view, times.knew_all);
        }
    });
    return result;
}

std::size_t Fleet::pick() {
    std::uniform_int_distribution<std::size_t> any(0, places_.size() - 1);
    const std::size_t first = any(random_);
    return ledger_.with([&](const Ledger &ledger) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            const std::size_t agent = (first + i) % places_.size();
            if (ledger.is_there(agent) && !ledger.is_spreading(agent))
                return agent;
        }
        return places_.size();
    });
}

Fleet::Churned Fleet::churn(const Churn &plan) {
    const TimePoint began = now();
    const TimePoint end = began + to_duration(plan.length);
    Churned result;
    Agenda agenda;
    const auto repeat = [&](double per_minute, const std::function<void(std::size_t)> &what) {
        if (per_minute <= 0)
            return;
        const TimePoint::duration distance = to_duration(Seconds(60.0 / per_minute));
        agenda.every(distance, began + distance / 2, end, [this, what] {
            if (const std::size_t agent = pick(); agent < places_.size())
                what(agent);
        });
    };
    repeat(plan.moves_per_minute, [&](std::size_t agent) {
        ++result.moves;
        on_loop(agent, [](SimAgent &self) { self.move(); });
    });
    repeat(plan.returns_per_minute, [&](std::size_t agent) {
        ++result.returns;
        on_loop(agent, [](SimAgent &self) {
            self.stop();
            self.move();
        });
        agenda.at(now() + to_duration(plan.away),
                  [this, agent] { on_loop(agent, [](SimAgent &self) { self.start(); }); });
    });
    ledger_.with([](Ledger &ledger) { (void)ledger.take_samples(); });
    agenda.run();
    drain();
    result.complete = wait_for([](const Ledger &ledger) { return ledger.is_settled(); });
    result.samples = ledger_.with([](Ledger &ledger) { return ledger.take_samples(); });
    return result;
}

std::map<std::string, std::size_t> Fleet::refusals() {
    return ledger_.with([](const Ledger &ledger) { return ledger.refusals(); });
}

} // namespace coax::bench
