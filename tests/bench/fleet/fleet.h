// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/fleet/identity.h"
#include "bench/fleet/ledger.h"
#include "bench/fleet/loop_thread.h"
#include "bench/fleet/sim_agent.h"
#include "lib/base/guarded.h"

namespace coax::bench {

/// Many agents that follow one controller.
/// Threads: the methods are called from one. Agents that take claims unverified run on one loop, those
/// that verify on another: what they compute delays none but them.
class Fleet {
  public:
    using Seconds = std::chrono::duration<double>;
    struct Options {
        FleetClient::Options client;
        TrustAnchors anchors;              // of those that verify
        std::size_t one_verifies_in = 100; // agents; 0: none does
        Seconds deadline{120};             // of whatever is waited for
    };
    /// Seconds, one of each agent, from a moment on.
    struct Arrivals {
        bool complete = false; // all agents, before the deadline
        std::size_t agents = 0;
        std::vector<double> welcome;
        std::vector<double> current;   // told all that it lacked
        std::vector<double> full_view; // knows of every node what that said last
    };
    struct Churn {
        Seconds length{0};
        double moves_per_minute = 0;   // nodes that have another underlay address
        double returns_per_minute = 0; // nodes that stop and come back, at another address
        Seconds away{1};
    };
    struct Churned {
        bool complete = false; // everything had reached everyone before the deadline
        std::size_t moves = 0;
        std::size_t returns = 0;
        Samples samples;
    };

    Fleet(Options options, std::vector<Identity> &identities);
    Fleet(const Fleet &) = delete;
    Fleet &operator=(const Fleet &) = delete;
    ~Fleet();

    /// All at once.
    Arrivals join();
    /// The streams were lost after `since`: waits until all are back and were told what they lacked.
    Arrivals recover(TimePoint since);
    Churned churn(const Churn &plan);

    [[nodiscard]] std::size_t verifying() const;
    [[nodiscard]] std::map<std::string, std::size_t> refusals();

  private:
    struct Place {
        LoopThread *loop;
        std::unique_ptr<SimAgent> agent;
    };
    class Agenda;

    [[nodiscard]] bool verifies(std::size_t agent) const;
    void on_loop(std::size_t agent, std::function<void(SimAgent &)> what);
    /// Until both loops have done what was handed to them so far.
    void drain();
    /// Something that is_settled(). False: the deadline came first.
    bool wait_for(const std::function<bool(const Ledger &)> &condition);
    Arrivals arrivals(TimePoint since, bool complete);
    /// One that is there and whose last word has reached everyone; the number of agents: none.
    std::size_t pick();

    const Options options_;
    Guarded<Ledger> ledger_;
    LoopThread plain_;
    LoopThread verifying_;
    std::vector<Place> places_;
    std::mt19937 random_{1}; // NOLINT: the same choices in every run
};

} // namespace coax::bench
