// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coax::bench {

using TimePoint = std::chrono::steady_clock::time_point;

/// Milliseconds, one each.
struct Samples {
    std::vector<float> reached_each; // from an announcement until one agent had it
    std::vector<float> reached_all;  // the same, until the last agent had it
    std::vector<float> current;      // from connecting until everything lacking was told
};

/// Which node said what, which agents are there, and who has heard what. Agents and nodes are the
/// same and are counted from 0.
/// Pure; one thread.
class Ledger {
  public:
    explicit Ledger(std::size_t nodes);

    /// The agent begins to connect.
    void started(std::size_t agent, TimePoint at);
    void welcomed(std::size_t agent, TimePoint at);
    /// It has taken an update whole.
    void told(std::size_t agent, TimePoint at);
    /// Its stream is gone; it holds nothing up any more.
    void lost(std::size_t agent);
    void refused(const std::string &why) { ++refusals_[why]; }

    /// A node says something; nothing happens when it has said so before.
    void announced(std::size_t node, std::string_view binding, TimePoint at);
    /// Only what the node said last counts.
    void heard(std::size_t agent, std::size_t node, std::string_view binding, TimePoint at);

    [[nodiscard]] std::size_t nodes() const { return words_.size(); }
    [[nodiscard]] bool is_there(std::size_t agent) const { return agents_.at(agent).there; }
    /// Agents whose stream had its welcome after `since`, and is there.
    [[nodiscard]] std::size_t there_since(TimePoint since) const;
    /// The same, and they were told all they lacked.
    [[nodiscard]] std::size_t current_since(TimePoint since) const;
    /// Agents that know of every node what it said last.
    [[nodiscard]] std::size_t knowing_all() const { return knowing_all_; }
    /// Not every agent that is there has heard what the node said last.
    [[nodiscard]] bool is_spreading(std::size_t node) const { return spreading_.contains(node); }
    [[nodiscard]] bool is_spreading() const { return !spreading_.empty(); }
    /// All are there, were told what they lacked, and know of every node what it said last.
    [[nodiscard]] bool is_settled() const {
        return knowing_all_ == nodes() && current_ == nodes() && !is_spreading();
    }

    struct AgentTimes {
        TimePoint welcomed;
        TimePoint current;
        TimePoint knew_all;
    };
    [[nodiscard]] AgentTimes times(std::size_t agent) const { return agents_.at(agent).times; }
    [[nodiscard]] const std::map<std::string, std::size_t> &refusals() const { return refusals_; }
    /// Those since the call before.
    Samples take_samples();

  private:
    struct Word {
        std::string binding; // empty: nothing yet
        std::uint32_t version = 0;
        TimePoint at;
        TimePoint reached; // the last agent so far
        std::size_t missing = 0;
    };
    struct Agent {
        bool there = false;
        bool current = false;
        std::size_t knows = 0; // nodes whose last word it has
        TimePoint started;
        AgentTimes times;
    };

    [[nodiscard]] std::size_t slot(std::size_t agent, std::size_t node) const {
        return agent * words_.size() + node;
    }
    /// The word of `node` holds on until it reached the agent.
    [[nodiscard]] bool is_awaited(std::size_t agent, std::size_t node) const;
    void reached_one(std::size_t node);
    void set_current(Agent &agent, bool current);
    void learn(std::size_t agent, std::size_t node, TimePoint at);

    std::vector<Word> words_;
    std::vector<Agent> agents_;
    std::vector<std::uint32_t> versions_; // that agents have; 0: none
    std::size_t knowing_all_ = 0;
    std::size_t current_ = 0; // agents
    std::set<std::size_t> spreading_;
    std::map<std::string, std::size_t> refusals_;
    Samples samples_;
};

} // namespace coax::bench
