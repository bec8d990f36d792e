// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/ledger.h"

#include <algorithm>
#include <utility>

namespace coax::bench {
namespace {

float milliseconds(TimePoint from, TimePoint to) {
    return std::chrono::duration<float, std::milli>(to - from).count();
}

} // namespace

Ledger::Ledger(std::size_t nodes) : words_(nodes), agents_(nodes), versions_(nodes * nodes) {}

void Ledger::started(std::size_t agent, TimePoint at) {
    agents_.at(agent).started = at;
}

void Ledger::welcomed(std::size_t agent, TimePoint at) {
    Agent &self = agents_.at(agent);
    self.there = true;
    set_current(self, false);
    self.times.welcomed = at;
}

void Ledger::told(std::size_t agent, TimePoint at) {
    Agent &self = agents_.at(agent);
    if (!self.there || self.current)
        return;
    set_current(self, true);
    self.times.current = at;
    samples_.current.push_back(milliseconds(self.started, at));
}

void Ledger::lost(std::size_t agent) {
    Agent &self = agents_.at(agent);
    if (!self.there)
        return;
    const std::set<std::size_t> spreading = spreading_;
    for (const std::size_t node : spreading) {
        if (is_awaited(agent, node))
            reached_one(node);
    }
    self.there = false;
    set_current(self, false);
}

void Ledger::set_current(Agent &agent, bool current) {
    if (agent.current == current)
        return;
    agent.current = current;
    current ? ++current_ : --current_;
}

void Ledger::announced(std::size_t node, std::string_view binding, TimePoint at) {
    Word &word = words_.at(node);
    if (word.binding == binding)
        return;
    for (std::size_t agent = 0; agent < agents_.size(); ++agent) {
        if (word.version == 0 || versions_[slot(agent, node)] != word.version)
            continue;
        if (agents_[agent].knows-- == words_.size())
            --knowing_all_;
    }
    ++word.version;
    word.binding = binding;
    word.at = word.reached = at;
    word.missing = 0;
    for (std::size_t agent = 0; agent < agents_.size(); ++agent)
        word.missing += agents_[agent].there && agent != node ? 1 : 0;
    learn(node, node, at); // itself
    if (word.missing > 0)
        spreading_.insert(node);
    else
        spreading_.erase(node);
}

void Ledger::heard(std::size_t agent, std::size_t node, std::string_view binding, TimePoint at) {
    Word &word = words_.at(node);
    if (word.version == 0 || versions_[slot(agent, node)] == word.version ||
        word.binding != binding)
        return;
    const bool awaited = is_awaited(agent, node);
    learn(agent, node, at);
    if (!awaited)
        return;
    samples_.reached_each.push_back(milliseconds(word.at, at));
    word.reached = std::max(word.reached, at);
    reached_one(node);
}

bool Ledger::is_awaited(std::size_t agent, std::size_t node) const {
    const Agent &self = agents_[agent];
    const Word &word = words_[node];
    return self.there && self.times.welcomed <= word.at &&
           versions_[slot(agent, node)] != word.version;
}

void Ledger::reached_one(std::size_t node) {
    Word &word = words_[node];
    if (--word.missing > 0)
        return;
    samples_.reached_all.push_back(milliseconds(word.at, word.reached));
    spreading_.erase(node);
}

void Ledger::learn(std::size_t agent, std::size_t node, TimePoint at) {
    versions_[slot(agent, node)] = words_[node].version;
    if (++agents_[agent].knows != words_.size())
        return;
    ++knowing_all_;
    agents_[agent].times.knew_all = at;
}

std::size_t Ledger::there_since(TimePoint since) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        agents_, [&](const Agent &one) { return one.there && one.times.welcomed > since; }));
}

std::size_t Ledger::current_since(TimePoint since) const {
    return static_cast<std::size_t>(std::ranges::count_if(agents_, [&](const Agent &one) {
        return one.there && one.current && one.times.current > since;
    }));
}

Samples Ledger::take_samples() {
    return std::exchange(samples_, {});
}

} // namespace coax::bench
