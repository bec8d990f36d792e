// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/cluster_view.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace coax::controller {
namespace {

using v1::Update;

/// An Update with one element: encoded, it is that field, and may be put beside others.
std::string field_of(const v1::Node &node) {
    Update update;
    *update.add_nodes() = node;
    return update.SerializeAsString();
}

std::string gone_field(NodeId id, std::string_view name, std::string_view why,
                       std::string_view text) {
    Update update;
    v1::GoneNode &gone = *update.add_gone_nodes();
    gone.set_id(id.value());
    gone.set_name(std::string(name));
    gone.set_why(std::string(why));
    gone.set_text(std::string(text));
    return update.SerializeAsString();
}

std::string node_key(NodeId id) {
    return fmt::format("node {}", id.value());
}

std::string network_key(std::string_view name) {
    return fmt::format("network {}", name);
}

std::string endpoint_key(std::string_view network, std::string_view mac) {
    return fmt::format("endpoint {} {}", network, mac);
}

} // namespace

void ClusterView::begin_history() {
    floor_ = now();
    floor_revision_ = revision_;
}

Position ClusterView::record(Object object, Position before) {
    history_.erase(before);
    const Position position(next_++);
    history_.emplace(position, Change{std::move(object), revision_});
    return position;
}

Position ClusterView::record_port(NodePorts &ports) {
    ports.position = Position(next_++);
    ports.revision = revision_;
    return ports.position;
}

void ClusterView::record_gone(std::string key, std::string field) {
    forget_gone(key);
    const Position position = record(GoneObject{std::move(field)}, {});
    gone_order_.emplace(position, key);
    gone_.emplace(std::move(key), position);
    while (gone_.size() > gone_max_)
        forget_oldest_gone();
}

void ClusterView::forget_gone(const std::string &key) {
    const auto found = gone_.find(key);
    if (found == gone_.end())
        return;
    history_.erase(found->second);
    gone_order_.erase(found->second);
    gone_.erase(found);
}

void ClusterView::forget_oldest_gone() {
    const Position position = gone_order_.begin()->first;
    floor_ = std::max(floor_, position);
    floor_revision_ = std::max(floor_revision_, history_.at(position).revision);
    forget_gone(std::string(gone_order_.begin()->second));
}

void ClusterView::put_node(const v1::Node &node) {
    const NodeId id(node.id());
    if (node.binding().empty())
        return;
    std::string record_field = field_of(node);
    NodeObject &object = nodes_[id];
    if (object.record == record_field)
        return;
    forget_gone(node_key(id));
    object.name = node.name();
    object.record = std::move(record_field);
    touch_node(id);
}

void ClusterView::touch_node(NodeId id) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end())
        return;
    found->second.position = record(id, found->second.position);
    found->second.recorded = found->second.position;
}

void ClusterView::remove_node(NodeId id, std::string_view why, std::string_view text) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end())
        return;
    std::string field = gone_field(id, found->second.name, why, text);
    history_.erase(found->second.position);
    nodes_.erase(found);
    record_gone(node_key(id), std::move(field));
}

void ClusterView::set_gone(NodeId id, bool gone, std::string_view text) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end() || found->second.gone.empty() != gone)
        return;
    NodeObject &object = found->second;
    if (!gone) {
        object.gone.clear();
        return touch_node(id);
    }
    object.gone = gone_field(id, object.name, "lease_expired", text);
    object.position = record(id, object.position);
}

bool ClusterView::is_gone(NodeId id) const {
    const auto found = nodes_.find(id);
    return found != nodes_.end() && !found->second.gone.empty();
}

void ClusterView::put_thing(const std::string &key, std::string field) {
    NamedObject &object = things_[key];
    if (object.field == field)
        return;
    forget_gone(key);
    object.field = std::move(field);
    object.position = record(key, object.position);
}

void ClusterView::remove_thing(const std::string &key, std::string gone_field) {
    const auto found = things_.find(key);
    if (found == things_.end())
        return;
    history_.erase(found->second.position);
    things_.erase(found);
    record_gone(key, std::move(gone_field));
}

void ClusterView::put_network(const v1::Network &network) {
    Update update;
    *update.add_networks() = network;
    put_thing(network_key(network.name()), update.SerializeAsString());
}

void ClusterView::remove_network(std::string_view name) {
    Update update;
    update.add_gone_networks(std::string(name));
    remove_thing(network_key(name), update.SerializeAsString());
}

void ClusterView::put_endpoint(const v1::Endpoint &endpoint) {
    Update update;
    *update.add_endpoints() = endpoint;
    put_thing(endpoint_key(endpoint.network(), endpoint.mac()), update.SerializeAsString());
}

void ClusterView::remove_endpoint(std::string_view network, std::string_view mac) {
    Update update;
    v1::Endpoint &gone = *update.add_gone_endpoints();
    gone.set_network(std::string(network));
    gone.set_mac(std::string(mac));
    remove_thing(endpoint_key(network, mac), update.SerializeAsString());
}

void ClusterView::put_port(const v1::Port &port) {
    Update update;
    *update.add_ports() = port;
    std::string field = update.SerializeAsString();
    NodePorts &ports = ports_[NodeId(port.node_id())];
    NamedObject &object = ports.ports[port.name()];
    if (object.field == field)
        return;
    ports.gone.erase(port.name());
    object = {std::move(field), record_port(ports)};
}

void ClusterView::remove_port(NodeId node, std::string_view name) {
    NodePorts &ports = ports_[node];
    const auto found = ports.ports.find(name);
    if (found == ports.ports.end())
        return;
    ports.ports.erase(found);
    Update update;
    update.add_gone_ports(std::string(name));
    ports.gone[std::string(name)] = {update.SerializeAsString(), record_port(ports)};
}

void ClusterView::set_revocations(std::string_view list) {
    Update update;
    update.set_revocations(std::string(list));
    std::string field = update.SerializeAsString();
    if (field == revocations_.field)
        return;
    revocations_.field = std::move(field);
    revocations_.position = record(RevocationsObject{}, revocations_.position);
}

bool ClusterView::has_news(Position position) const {
    return !history_.empty() && history_.rbegin()->first > position;
}

bool ClusterView::has_port_news(NodeId node, Position position) const {
    const auto found = ports_.find(node);
    return found != ports_.end() && found->second.position > position;
}

std::optional<Position> ClusterView::position_of(Revision revision) const {
    if (revision < floor_revision_ || revision > revision_)
        return std::nullopt;
    // Changes of that very revision are told again: some of them are not of the store's making.
    const auto later = std::find_if(history_.begin(), history_.end(), [&](const auto &change) {
        return change.second.revision >= revision;
    });
    return later == history_.end() ? now() : Position(later->first.value() - 1);
}

Revision ClusterView::newest_for(NodeId node) const {
    Revision newest = floor_revision_;
    if (!history_.empty())
        newest = std::max(newest, history_.rbegin()->second.revision);
    const auto ports = ports_.find(node);
    return ports == ports_.end() ? newest : std::max(newest, ports->second.revision);
}

void ClusterView::emit_change(const Object &object, Position since, const Emit &emit) const {
    if (const auto *id = std::get_if<NodeId>(&object)) {
        const NodeObject &node = nodes_.at(*id);
        if (node.recorded > since)
            emit(node.record);
        if (!node.gone.empty())
            emit(node.gone);
    } else if (const auto *key = std::get_if<std::string>(&object)) {
        emit(things_.at(*key).field);
    } else if (const auto *gone = std::get_if<GoneObject>(&object)) {
        if (since != Position())
            emit(gone->field);
    } else {
        emit(revocations_.field);
    }
}

void ClusterView::changes(Position since, const Emit &emit) const {
    for (auto change = history_.upper_bound(since); change != history_.end(); ++change)
        emit_change(change->second.object, since, emit);
}

void ClusterView::gone_nodes(const Emit &emit) const {
    for (const auto &[id, node] : nodes_)
        if (!node.gone.empty())
            emit(node.gone);
}

std::string ClusterView::port_changes(NodeId node, Position since) const {
    std::string fields;
    const auto found = ports_.find(node);
    if (found == ports_.end())
        return fields;
    for (const auto &[name, port] : found->second.ports)
        if (port.position > since)
            fields += port.field;
    for (const auto &[name, gone] : found->second.gone)
        if (gone.position > since && since != Position())
            fields += gone.field;
    return fields;
}

} // namespace coax::controller
