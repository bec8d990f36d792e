// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/view_keeper.h"

#include <utility>

#include <fmt/format.h>

namespace coax::controller {

ViewKeeper::ViewKeeper(const Clock &clock, Log log, std::chrono::seconds lease)
    : clock_(clock), log_(std::move(log)), lease_(lease) {
    hold();
}

void ViewKeeper::hold() {
    hold_until_ = clock_.monotonic_now() + lease_;
}

std::string ViewKeeper::store_id() const {
    return model_.cluster() ? model_.cluster()->store_id() : std::string();
}

void ViewKeeper::begin_anew() {
    model_ = Model();
    view_ = ClusterView();
    present_.clear();
    was_listed_ = false;
    ++generation_;
    hold();
}

ModelChange ViewKeeper::apply(const StoreNews &news) {
    if (news.began_anew)
        begin_anew();
    ModelChange all;
    for (const StoreEvent &event : news.events) {
        view_.set_revision(event.entry.mod_revision);
        const ModelChange change = apply_event(event);
        show(change);
        all.merge(change);
    }
    model_.advance(news.revision);
    view_.set_revision(news.revision);
    if (news.listed && !was_listed_) {
        view_.begin_history();
        was_listed_ = true;
    }
    return all;
}

ModelChange ViewKeeper::apply_event(const StoreEvent &event) {
    if (event.kind == StoreEvent::Kind::kRemoved)
        return model_.remove(event.entry.key, event.entry.mod_revision);
    auto change = model_.apply(event.entry);
    if (change.ok())
        return std::move(change).value();
    log_.error("store.record_unreadable", {{"error", change.error().message()}});
    return {};
}

void ViewKeeper::show(const ModelChange &change) {
    for (const std::string &name : change.networks) {
        const auto network = model_.networks().find(name);
        if (network != model_.networks().end())
            view_.put_network(network->second);
        else
            view_.remove_network(name);
    }
    for (const PortKey &key : change.ports) {
        const auto port = model_.ports().find(key);
        if (port != model_.ports().end())
            view_.put_port(port->second);
        else
            view_.remove_port(key.first, key.second);
    }
    for (const EndpointKey &key : change.endpoints) {
        v1::Endpoint endpoint;
        endpoint.set_network(key.first);
        endpoint.set_mac(key.second.to_string());
        if (const auto node = model_.endpoint(key)) {
            endpoint.set_node_id(node->value());
            view_.put_endpoint(endpoint);
        } else {
            view_.remove_endpoint(endpoint.network(), endpoint.mac());
        }
    }
    if (change.revocations)
        view_.set_revocations(model_.revocations());
    for (const NodeId id : change.nodes)
        show_node(id);
    for (const NodeId id : change.online)
        show_presence(id);
}

void ViewKeeper::show_node(NodeId id) {
    const record::Node *record = model_.node(id);
    if (record == nullptr) {
        view_.remove_node(id, "removed_by_operator", "an operator removed the node");
        return;
    }
    v1::Node node;
    node.set_id(id.value());
    node.set_name(record->name());
    node.set_certificate(record->certificate());
    node.set_binding(record->binding());
    node.set_keepalive_seconds(record->keepalive_seconds());
    view_.put_node(node);
    review(id);
}

void ViewKeeper::show_presence(NodeId id) {
    if (!model_.online().contains(id)) {
        present_.erase(id);
        return review(id);
    }
    if (!present_.insert(id).second)
        return;
    // Also when it was not called gone here: another controller may have, to agents that are here now.
    if (view_.is_gone(id))
        view_.set_gone(id, false);
    else if (was_listed_)
        view_.touch_node(id);
}

void ViewKeeper::review(NodeId id) {
    const bool gone = !present_.contains(id) && !live_.contains(id) && !is_holding();
    if (!gone || view_.is_gone(id) || !view_.knows(id))
        return;
    ++gone_told_;
    view_.set_gone(id, true, fmt::format("no controller heard it for {} s", lease_.count()));
    log_.info("node.gone", {{"node", model_.node(id)->name()}, {"id", id}});
}

void ViewKeeper::review_all() {
    for (const auto &[id, record] : model_.nodes())
        review(id);
}

void ViewKeeper::set_live(NodeId id, bool live) {
    if (live)
        live_.insert(id);
    else if (live_.erase(id) != 0)
        review(id);
}

} // namespace coax::controller
