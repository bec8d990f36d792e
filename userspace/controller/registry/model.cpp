// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/model.h"

#include <algorithm>

#include <google/protobuf/util/message_differencer.h>

#include "controller/registry/keys.h"

namespace coax::controller {
namespace {

using google::protobuf::util::MessageDifferencer;

Error corrupt(const StoreEntry &entry) {
    return Error(ErrorCode::kCorrupt,
                 entry.key + ": expected a record of a controller, found other bytes; remove the "
                             "key, or restore the store");
}

template <typename T>
void add_all(std::set<T> &to, const std::set<T> &from) {
    to.insert(from.begin(), from.end());
}

template <typename Record>
bool equal(const Record &a, const Record &b) {
    return MessageDifferencer::Equals(a, b);
}
bool equal(NodeId a, NodeId b) {
    return a == b;
}

/// Keys whose value is not the same in both.
template <typename Key, typename Value>
std::set<Key> differing(const std::map<Key, Value> &from, const std::map<Key, Value> &to) {
    std::set<Key> keys;
    for (const auto &[key, value] : from) {
        const auto found = to.find(key);
        if (found == to.end() || !equal(value, found->second))
            keys.insert(key);
    }
    for (const auto &[key, value] : to)
        if (!from.contains(key))
            keys.insert(key);
    return keys;
}

} // namespace

void ModelChange::merge(const ModelChange &later) {
    cluster = cluster || later.cluster;
    revocations = revocations || later.revocations;
    add_all(nodes, later.nodes);
    add_all(online, later.online);
    add_all(reports, later.reports);
    add_all(pending, later.pending);
    add_all(networks, later.networks);
    add_all(ports, later.ports);
    add_all(endpoints, later.endpoints);
}

bool ModelChange::empty() const {
    return *this == ModelChange{};
}

template <typename Record, typename Key>
Status Model::put(std::map<Key, Record> &into, const Key &key, const StoreEntry &entry) {
    Record record;
    if (!record.ParseFromString(entry.value))
        return corrupt(entry);
    into.insert_or_assign(key, std::move(record));
    return {};
}

Result<ModelChange> Model::apply(const StoreEntry &entry) {
    advance(entry.mod_revision);
    ModelChange change;
    const std::string &key = entry.key;
    if (key == kClusterKey) {
        record::Cluster cluster;
        if (!cluster.ParseFromString(entry.value))
            return corrupt(entry);
        cluster_ = std::move(cluster);
        change.cluster = true;
    } else if (key == kRevocationsKey) {
        revocations_ = entry.value;
        change.revocations = true;
    } else if (const auto name = after_prefix(key, kNetworkPrefix)) {
        COAX_TRY(put(networks_, std::string(*name), entry));
        change.networks.emplace(*name);
    } else if (const auto waiting = after_prefix(key, kPendingPrefix)) {
        COAX_TRY(put(pending_, std::string(*waiting), entry));
        change.pending.emplace(*waiting);
    } else {
        return apply_of_node(entry);
    }
    return change;
}

Result<ModelChange> Model::apply_of_node(const StoreEntry &entry) {
    ModelChange change;
    if (const auto node = after_prefix(entry.key, kNodePrefix)) {
        const auto id = id_of(*node);
        if (!id)
            return corrupt(entry);
        COAX_TRY(put(nodes_, *id, entry));
        change.nodes.insert(*id);
    } else if (const auto online = after_prefix(entry.key, kOnlinePrefix)) {
        const auto id = id_of(*online);
        if (!id)
            return corrupt(entry);
        COAX_TRY(put(online_, *id, entry));
        change.online.insert(*id);
    } else if (const auto report = after_prefix(entry.key, kReportPrefix)) {
        const auto id = id_of(*report);
        if (!id)
            return corrupt(entry);
        COAX_TRY(put(reports_, *id, entry));
        change.reports.insert(*id);
        renew_claims(*id, change);
    } else if (const auto port = after_prefix(entry.key, kPortPrefix)) {
        const auto place = port_of(*port);
        if (!place)
            return corrupt(entry);
        COAX_TRY(put(ports_, *place, entry));
        change.ports.insert(*place);
        renew_claims(place->first, change);
    }
    return change;
}

ModelChange Model::remove(std::string_view key, Revision revision) {
    advance(revision);
    ModelChange change;
    if (key == kClusterKey) {
        cluster_.reset();
        change.cluster = true;
    } else if (key == kRevocationsKey) {
        revocations_.clear();
        change.revocations = true;
    } else if (const auto name = after_prefix(key, kNetworkPrefix)) {
        networks_.erase(std::string(*name));
        change.networks.emplace(*name);
    } else if (const auto waiting = after_prefix(key, kPendingPrefix)) {
        pending_.erase(std::string(*waiting));
        change.pending.emplace(*waiting);
    } else {
        return remove_of_node(key);
    }
    return change;
}

ModelChange Model::remove_of_node(std::string_view key) {
    ModelChange change;
    if (const auto node = id_after(key, kNodePrefix)) {
        nodes_.erase(*node);
        change.nodes.insert(*node);
    } else if (const auto online = id_after(key, kOnlinePrefix)) {
        online_.erase(*online);
        change.online.insert(*online);
    } else if (const auto report = id_after(key, kReportPrefix)) {
        reports_.erase(*report);
        change.reports.insert(*report);
        renew_claims(*report, change);
    } else if (const auto rest = after_prefix(key, kPortPrefix)) {
        if (const auto place = port_of(*rest)) {
            ports_.erase(*place);
            change.ports.insert(*place);
            renew_claims(place->first, change);
        }
    }
    return change;
}

void Model::advance(Revision revision) {
    revision_ = std::max(revision_, revision);
}

/// The MACs of the ports that `node` says it has.
std::set<EndpointKey> Model::macs_of(NodeId node) const {
    std::set<EndpointKey> macs;
    const auto report = reports_.find(node);
    if (report == reports_.end())
        return macs;
    for (const v1::PortState &state : report->second.report().ports()) {
        const auto port = ports_.find({node, state.name()});
        if (port == ports_.end() || !state.error().empty())
            continue;
        const std::string &network = port->second.network();
        if (const auto mac = MacAddress::parse(state.mac()); mac.ok())
            macs.emplace(network, *mac);
        for (const std::string &more : port->second.more_macs())
            if (const auto mac = MacAddress::parse(more); mac.ok())
                macs.emplace(network, *mac);
    }
    return macs;
}

void Model::renew_claims(NodeId node, ModelChange &change) {
    std::set<EndpointKey> now = macs_of(node);
    std::set<EndpointKey> &before = claimed_by_[node];
    for (const EndpointKey &key : before)
        if (!now.contains(key)) {
            change.endpoints.insert(key);
            if (auto &claims = claims_[key]; claims.erase(node) != 0 && claims.empty())
                claims_.erase(key);
        }
    for (const EndpointKey &key : now)
        if (claims_[key].insert(node).second)
            change.endpoints.insert(key);
    before = std::move(now);
    if (before.empty())
        claimed_by_.erase(node);
}

std::optional<NodeId> Model::endpoint(const EndpointKey &key) const {
    const auto found = claims_.find(key);
    return found == claims_.end() ? std::nullopt : std::optional(*found->second.begin());
}

std::map<EndpointKey, NodeId> Model::endpoints() const {
    std::map<EndpointKey, NodeId> all;
    for (const auto &[key, nodes] : claims_)
        all.emplace(key, *nodes.begin());
    return all;
}

const record::Node *Model::node(NodeId id) const {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? nullptr : &found->second;
}

ModelChange difference(const Model &from, const Model &to) {
    ModelChange change;
    change.cluster = from.cluster().has_value() != to.cluster().has_value() ||
                     (from.cluster() && !equal(*from.cluster(), *to.cluster()));
    change.revocations = from.revocations() != to.revocations();
    change.nodes = differing(from.nodes(), to.nodes());
    change.online = differing(from.online(), to.online());
    change.reports = differing(from.reports(), to.reports());
    change.pending = differing(from.pending(), to.pending());
    change.networks = differing(from.networks(), to.networks());
    change.ports = differing(from.ports(), to.ports());
    change.endpoints = differing(from.endpoints(), to.endpoints());
    return change;
}

} // namespace coax::controller
