// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller.pb.h"
#include "controller/distribution/wire_update.h"

namespace coax::controller::test {

/// What an agent would know that takes every update as it is meant.
struct AgentMirror {
    std::map<std::uint32_t, v1::Node> nodes;
    std::set<std::string> gone; // "NAME WHY"
    std::set<std::string> networks;
    std::set<std::string> ports;     // "NAME MAC"
    std::set<std::string> endpoints; // "NETWORK MAC NODE"
    std::vector<std::string> records_in_last;
    std::string revocations;
    std::string store_id;
    std::uint64_t revision = 0;
    int snapshots = 0;
    int messages = 0;

    [[nodiscard]] std::vector<std::string> bindings() const {
        std::vector<std::string> all;
        for (const auto &[id, node] : nodes)
            all.push_back(node.binding());
        return all;
    }

    void take(const WireMessage &message) {
        v1::ToAgent parsed;
        ASSERT_TRUE(parsed.ParseFromString(
            message.head + (message.fields ? *message.fields : std::string()) + message.tail));
        ASSERT_TRUE(parsed.has_update());
        take(parsed.update());
    }

    /// Parts are taken as a whole, at the last.
    void take(const v1::Update &update) {
        ++messages;
        ASSERT_EQ(update.first(), parts_.empty());
        parts_.push_back(update);
        if (!update.last())
            return;
        if (update.snapshot()) {
            ++snapshots;
            forget();
        }
        records_in_last.clear();
        for (const v1::Update &part : parts_) {
            take_nodes(part);
            take_things(part);
        }
        parts_.clear();
        store_id = update.store_id();
        revision = update.revision();
    }

    /// An update that was under way does not go on.
    void stream_ended() { parts_.clear(); }

  private:
    void forget() {
        nodes.clear();
        gone.clear();
        networks.clear();
        ports.clear();
        endpoints.clear();
    }
    void take_nodes(const v1::Update &update) {
        for (const v1::Node &node : update.nodes()) {
            nodes[node.id()] = node;
            records_in_last.push_back(node.name());
            std::erase_if(
                gone, [&](const std::string &line) { return line.starts_with(node.name() + " "); });
        }
        for (const v1::GoneNode &node : update.gone_nodes()) {
            gone.insert(node.name() + " " + node.why());
            if (node.why() != "lease_expired")
                nodes.erase(node.id());
        }
    }
    void take_things(const v1::Update &update) {
        for (const v1::Network &network : update.networks())
            networks.insert(network.name());
        for (const std::string &name : update.gone_networks())
            networks.erase(name);
        for (const v1::Port &port : update.ports())
            ports.insert(port.name() + " " + port.mac());
        for (const std::string &name : update.gone_ports())
            std::erase_if(ports,
                          [&](const std::string &line) { return line.starts_with(name + " "); });
        for (const v1::Endpoint &endpoint : update.endpoints())
            endpoints.insert(endpoint.network() + " " + endpoint.mac() + " " +
                             std::to_string(endpoint.node_id()));
        for (const v1::Endpoint &endpoint : update.gone_endpoints())
            std::erase_if(endpoints, [&](const std::string &line) {
                return line.starts_with(endpoint.network() + " " + endpoint.mac() + " ");
            });
        if (!update.revocations().empty())
            revocations = update.revocations();
    }

    std::vector<v1::Update> parts_;
};

} // namespace coax::controller::test
