// SPDX-License-Identifier: Apache-2.0
#include "agent/control/overlay_view.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/base/text.h"
#include "lib/control/wire_state.h"

namespace coax {
namespace {

namespace proto = controller::v1;
using Kind = LeftOut::Kind;

constexpr std::size_t kMalformedMax = 100;

std::string shown(const std::string &name) {
    return coax::quoted(name, 40);
}

template <typename Items, typename Keys>
bool keep_only(Items &items, const Keys &keys) {
    return std::erase_if(items, [&](const auto &item) { return !keys.contains(item.first); }) > 0;
}

} // namespace

template <typename Items, typename Key, typename Item>
bool OverlayView::put(Items &items, const Key &key, const Item &item) {
    const auto found = items.find(key);
    if (found == items.end())
        return items.size() < kItemsMax && items.emplace(key, item).second;
    if (found->second == item)
        return false;
    found->second = item;
    return true;
}

bool OverlayView::take(const proto::Update &update, bool same_store) {
    bool changed = false;
    if (update.snapshot())
        malformed_.clear();
    take_items(update, changed);
    for (const std::string &name : update.gone_networks())
        changed = networks_.erase(name) > 0 || changed;
    for (const std::string &name : update.gone_ports())
        changed = ports_.erase(name) > 0 || changed;
    for (const proto::Endpoint &gone : update.gone_endpoints())
        if (const auto mac = MacAddress::parse(gone.mac()); mac.ok())
            changed = endpoints_.erase({gone.network(), *mac}) > 0 || changed;
    if (!update.snapshot() || !same_store)
        return changed;
    // Named, if only in a form that cannot be read: that is no word of being gone.
    std::set<std::string> networks;
    std::set<std::string> ports;
    std::set<std::pair<std::string, MacAddress>> endpoints;
    for (const proto::Network &network : update.networks())
        networks.insert(network.name());
    for (const proto::Port &port : update.ports())
        ports.insert(port.name());
    for (const proto::Endpoint &endpoint : update.endpoints())
        if (const auto mac = MacAddress::parse(endpoint.mac()); mac.ok())
            endpoints.emplace(endpoint.network(), *mac);
    changed = keep_only(networks_, networks) || changed;
    changed = keep_only(ports_, ports) || changed;
    return keep_only(endpoints_, endpoints) || changed;
}

void OverlayView::take_items(const proto::Update &update, bool &changed) {
    const auto leave_out = [this](Kind kind, const std::string &name, const std::string &text) {
        if (malformed_.size() < kMalformedMax)
            malformed_.push_back({kind, shown(name), text});
    };
    for (const proto::Network &wire : update.networks()) {
        auto read = network_from_wire(wire);
        if (!read.ok()) {
            leave_out(Kind::kNetwork, wire.name(), read.error().message());
            continue;
        }
        read->network.all_nodes = read->all_nodes;
        changed = put(networks_, wire.name(), Network{wire, std::move(read->network)}) || changed;
    }
    for (const proto::Port &wire : update.ports()) {
        auto read = port_from_wire(wire);
        if (!read.ok() || read->node != self_) {
            leave_out(Kind::kPort, wire.name(),
                      read.ok() ? "port.node_id: expected this node, found another"
                                : read.error().message());
            continue;
        }
        const Additions::NamedPort port{std::move(read->port), std::move(read->network)};
        changed = put(ports_, wire.name(), Port{wire, port}) || changed;
    }
    for (const proto::Endpoint &wire : update.endpoints()) {
        const auto mac = MacAddress::parse(wire.mac());
        if (!mac.ok() || mac->is_multicast() || mac->is_zero() || wire.node_id() == 0 ||
            wire.node_id() > COAX_NODE_ID_MAX || wire.network().size() > kMalformedMax) {
            leave_out(Kind::kEndpoint, wire.mac(),
                      "expected a unicast MAC address, a network and a node");
            continue;
        }
        if (wire.node_id() != self_.value()) // our own are ports
            changed =
                put(endpoints_, std::pair(wire.network(), *mac), NodeId(wire.node_id())) || changed;
    }
}

void OverlayView::add_to(Additions &out) const {
    for (const auto &[name, network] : networks_)
        out.networks.push_back(network.network);
    for (const auto &[name, port] : ports_)
        out.ports.push_back(port.port);
    for (const auto &[key, node] : endpoints_)
        out.endpoints.push_back({key.first, key.second, node});
}

} // namespace coax
