// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "controller.pb.h"
#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/store/store.h"
#include "store.pb.h"

namespace coax::controller {

using PortKey = std::pair<NodeId, std::string>;         // whose it is, and its name
using EndpointKey = std::pair<std::string, MacAddress>; // network, and MAC in it

/// What differs between two states of a Model: what is named may be new, other, or gone.
struct ModelChange {
    bool cluster = false;
    bool revocations = false;
    std::set<NodeId> nodes;
    std::set<NodeId> online; // came or went
    std::set<NodeId> reports;
    std::set<std::string> pending; // names
    std::set<std::string> networks;
    std::set<PortKey> ports;
    std::set<EndpointKey> endpoints;

    void merge(const ModelChange &later);
    [[nodiscard]] bool empty() const;
    bool operator==(const ModelChange &) const = default;
};

/// The part of the store that agents are told about, in memory: fed with entries of a list and with
/// events of a watch, in their order. Keys it has no use for (tokens, audit) it passes over.
/// Threads: one. Failure: a record that does not parse is kCorrupt, names the key, and leaves what
/// was there before.
class Model {
  public:
    Result<ModelChange> apply(const StoreEntry &entry);
    ModelChange remove(std::string_view key, Revision revision);

    [[nodiscard]] Revision revision() const { return revision_; } // of the newest entry
    /// A list, or a watch, is complete up to this; it only rises.
    void advance(Revision revision);

    [[nodiscard]] const std::optional<record::Cluster> &cluster() const { return cluster_; }
    [[nodiscard]] const std::map<NodeId, record::Node> &nodes() const { return nodes_; }
    [[nodiscard]] const std::map<NodeId, record::Online> &online() const { return online_; }
    [[nodiscard]] const std::map<NodeId, record::Report> &reports() const { return reports_; }
    [[nodiscard]] const std::map<std::string, record::Pending> &pending() const { return pending_; }
    [[nodiscard]] const std::map<std::string, v1::Network> &networks() const { return networks_; }
    [[nodiscard]] const std::map<PortKey, v1::Port> &ports() const { return ports_; }
    /// MACs of ports that their nodes say are there: who has them. Of several that claim one MAC the
    /// lowest node id counts, so all controllers say the same.
    [[nodiscard]] std::optional<NodeId> endpoint(const EndpointKey &key) const;
    [[nodiscard]] std::map<EndpointKey, NodeId> endpoints() const;
    [[nodiscard]] const std::string &revocations() const {
        return revocations_;
    } // signed; or empty

    [[nodiscard]] const record::Node *node(NodeId id) const;

  private:
    Result<ModelChange> apply_of_node(const StoreEntry &entry);
    ModelChange remove_of_node(std::string_view key);
    [[nodiscard]] std::set<EndpointKey> macs_of(NodeId node) const;
    void renew_claims(NodeId node, ModelChange &change);
    template <typename Record, typename Key>
    Status put(std::map<Key, Record> &into, const Key &key, const StoreEntry &entry);

    Revision revision_;
    std::optional<record::Cluster> cluster_;
    std::map<NodeId, record::Node> nodes_;
    std::map<NodeId, record::Online> online_;
    std::map<NodeId, record::Report> reports_;
    std::map<std::string, record::Pending> pending_;
    std::map<std::string, v1::Network> networks_;
    std::map<PortKey, v1::Port> ports_;
    std::map<EndpointKey, std::set<NodeId>> claims_;
    std::map<NodeId, std::set<EndpointKey>> claimed_by_;
    std::string revocations_;
};

/// From one model to another that was listed anew.
ModelChange difference(const Model &from, const Model &to);

} // namespace coax::controller
