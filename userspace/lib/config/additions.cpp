// SPDX-License-Identifier: Apache-2.0
#include "lib/config/additions.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/config/check.h"
#include "lib/config/default_mac.h"

namespace coax {
namespace {

using Kind = LeftOut::Kind;

constexpr int kTopLine = 1; // what belongs to no item

std::string_view kind_text(Kind kind) {
    switch (kind) {
    case Kind::kPeer:
        return "peer";
    case Kind::kNetwork:
        return "network";
    case Kind::kPort:
        return "port";
    case Kind::kEndpoint:
        return "endpoint";
    }
    return "item";
}

/// An item as the checks see it: something with a line of its own.
struct Place {
    Kind kind;
    std::string name;
    std::optional<std::size_t> addition; // index among those of its kind; absent: of the base
};

/// What "line" 1, 2, ... are: the top, then the items.
std::vector<std::string> place_names(const std::vector<Place> &places) {
    std::vector<std::string> names = {"this node"};
    for (const Place &place : places)
        names.push_back(fmt::format("{} {}", kind_text(place.kind), place.name));
    return names;
}

/// The base and the additions that are still in, as a draft of a file.
class Attempt {
  public:
    Attempt(const DesiredState &base, const Additions &additions) : base_(base), in_(additions) {}

    std::vector<LeftOut> take_left_out() { return std::move(left_out_); }

    /// True when all that is in fits; else what does not was taken out.
    bool passes() {
        lay_out();
        Problems problems(place_names(places_));
        check_identities(draft_, problems);
        check_networks(draft_, problems);
        check_ports(draft_, problems);
        if (problems.empty())
            return true;
        if (!take_out(problems))
            take_out_ipv6(problems.all().begin()->second);
        return false;
    }

    [[nodiscard]] DesiredStatePtr result() {
        auto state = std::make_shared<DesiredState>(base_);
        for (PeerDraft &draft : draft_.peers)
            state->peers.insert_or_assign(draft.peer.id, std::move(draft.peer));
        for (NetworkDraft &draft : draft_.networks)
            state->networks.insert_or_assign(draft.network.vni, std::move(draft.network));
        for (PortDraft &draft : draft_.ports) {
            const std::string name = draft.port.name;
            state->ports.insert_or_assign(name, std::move(draft.port));
        }
        state->endpoints.clear();
        for (const EndpointDraft &draft : draft_.endpoints)
            state->endpoints.push_back(draft.endpoint);
        return state;
    }

  private:
    void lay_out() {
        draft_ = Draft{};
        places_.clear();
        draft_.state.node = base_.node;
        draft_.state.underlay = base_.underlay;
        draft_.state.wireguard = base_.wireguard;
        draft_.state.overlay = base_.overlay;
        for (const auto &[id, peer] : base_.peers)
            draft_.peers.push_back({peer, place(Kind::kPeer, peer.name, {})});
        for (std::size_t i = 0; i < in_.peers.size(); ++i)
            draft_.peers.push_back({in_.peers[i], place(Kind::kPeer, in_.peers[i].name, i)});
        lay_out_networks();
        lay_out_ports();
        lay_out_endpoints();
    }

    void lay_out_networks() {
        const auto add = [this](const Network &network, std::optional<std::size_t> addition) {
            NetworkDraft &draft = draft_.networks.emplace_back();
            draft.network = network;
            fill_members(draft.network);
            draft.lines = place(Kind::kNetwork, network.name, addition);
        };
        known_ = {base_.node.id};
        for (const PeerDraft &draft : draft_.peers)
            known_.insert(draft.peer.id);
        for (const auto &[vni, network] : base_.networks)
            add(network, {});
        for (std::size_t i = 0; i < in_.networks.size(); ++i)
            add(in_.networks[i], i);
    }

    void fill_members(Network &network) const {
        if (network.all_nodes)
            network.members = known_;
        else
            std::erase_if(network.members, [this](NodeId id) { return !known_.contains(id); });
    }

    void lay_out_ports() {
        for (const auto &[name, port] : base_.ports) {
            PortDraft &draft = draft_.ports.emplace_back();
            draft.port = port;
            draft.network = network_name(port.vni);
            draft.lines = place(Kind::kPort, name, {});
        }
        for (std::size_t i = 0; i < in_.ports.size();) {
            const Additions::NamedPort &added = in_.ports[i];
            const auto vni = vni_of(added.network);
            if (!vni) {
                leave_out(Kind::kPort, added.port.name, no_network(added.network));
                in_.ports.erase(in_.ports.begin() + static_cast<std::ptrdiff_t>(i));
                continue;
            }
            PortDraft &draft = draft_.ports.emplace_back();
            draft.port = added.port;
            draft.port.vni = *vni;
            if (draft.port.mac.is_zero())
                draft.port.mac =
                    default_port_mac(base_.node.instance, base_.node.id, added.port.name);
            draft.network = added.network;
            draft.lines = place(Kind::kPort, added.port.name, i);
            ++i;
        }
    }

    void lay_out_endpoints() {
        for (const Endpoint &endpoint : base_.endpoints) {
            EndpointDraft &draft = draft_.endpoints.emplace_back();
            draft.endpoint = endpoint;
            draft.network = network_name(endpoint.vni);
            draft.node = std::to_string(endpoint.node.value());
            draft.lines = place(Kind::kEndpoint, endpoint.mac.to_string(), {});
        }
        for (std::size_t i = 0; i < in_.endpoints.size();) {
            const Additions::NamedEndpoint &added = in_.endpoints[i];
            const auto vni = vni_of(added.network);
            if (!vni || !known_.contains(added.node)) {
                leave_out(Kind::kEndpoint, added.mac.to_string(),
                          vni ? fmt::format("endpoint.node: expected a node that is a peer here, "
                                            "found {}; is it refused?",
                                            added.node.value())
                              : no_network(added.network));
                in_.endpoints.erase(in_.endpoints.begin() + static_cast<std::ptrdiff_t>(i));
                continue;
            }
            EndpointDraft &draft = draft_.endpoints.emplace_back();
            draft.endpoint = {*vni, added.mac, added.node};
            draft.network = added.network;
            draft.node = std::to_string(added.node.value());
            draft.lines = place(Kind::kEndpoint, added.mac.to_string(), i);
            ++i;
        }
    }

    static std::string no_network(const std::string &name) {
        return fmt::format("network: expected one that is known here, found {}; was it left out?",
                           coax::quoted(name));
    }

    Lines place(Kind kind, std::string name, std::optional<std::size_t> addition) {
        places_.push_back({kind, std::move(name), addition});
        return Lines(kTopLine + static_cast<int>(places_.size()));
    }

    [[nodiscard]] std::string network_name(Vni vni) const {
        const auto found = base_.networks.find(vni);
        return found == base_.networks.end() ? "" : found->second.name;
    }

    [[nodiscard]] std::optional<Vni> vni_of(const std::string &name) const {
        for (const NetworkDraft &draft : draft_.networks)
            if (draft.network.name == name)
                return draft.network.vni;
        return std::nullopt;
    }

    void leave_out(Kind kind, const std::string &name, std::string text) {
        left_out_.push_back({kind, name, std::move(text)});
    }

    /// False when no addition is named.
    bool take_out(const Problems &problems) {
        std::map<Kind, std::set<std::size_t>> out;
        for (const auto &[line, message] : problems.all()) {
            if (line <= kTopLine)
                continue;
            const Place &place = places_.at(static_cast<std::size_t>(line - kTopLine - 1));
            if (!place.addition)
                continue;
            out[place.kind].insert(*place.addition);
            leave_out(place.kind, place.name, message);
        }
        erase(in_.peers, out[Kind::kPeer]);
        erase(in_.networks, out[Kind::kNetwork]);
        erase(in_.ports, out[Kind::kPort]);
        erase(in_.endpoints, out[Kind::kEndpoint]);
        return std::any_of(out.begin(), out.end(), [](const auto &e) { return !e.second.empty(); });
    }

    template <typename Item>
    static void erase(std::vector<Item> &items, const std::set<std::size_t> &out) {
        std::vector<Item> kept;
        for (std::size_t i = 0; i < items.size(); ++i)
            if (!out.contains(i))
                kept.push_back(std::move(items[i]));
        items = std::move(kept);
    }

    /// The underlay is too small for what was added: that is IPv6, inside or outside. The peers
    /// stay, without an address to call.
    void take_out_ipv6(const std::string &why) {
        for (Peer &peer : in_.peers) {
            if (peer.endpoint && !peer.endpoint->address.is_v4()) {
                peer.endpoint.reset();
                leave_out(Kind::kPeer, peer.name, "its IPv6 address: " + why);
            }
        }
        std::erase_if(in_.networks, [&](const Network &network) {
            const bool v6 = std::any_of(network.subnets.begin(), network.subnets.end(),
                                        [](const IpPrefix &s) { return !s.address.is_v4(); });
            if (v6)
                leave_out(Kind::kNetwork, network.name, why);
            return v6;
        });
    }

    const DesiredState &base_;
    Additions in_;
    Draft draft_;
    std::set<NodeId> known_;
    std::vector<Place> places_; // by line
    std::vector<LeftOut> left_out_;
};

} // namespace

WithAdditions with_additions(const DesiredState &base, const Additions &additions) {
    // Each round that does not pass takes something out, or is the last but one.
    constexpr int kRoundsMax = 16;
    Attempt attempt(base, additions);
    for (int round = 0; round < kRoundsMax; ++round) {
        if (attempt.passes())
            return {attempt.result(), attempt.take_left_out()};
    }
    Additions none;
    none.peers = additions.peers;
    Attempt peers(base, none);
    for (int round = 0; round < kRoundsMax; ++round) {
        if (peers.passes())
            return {peers.result(), attempt.take_left_out()};
    }
    return {std::make_shared<const DesiredState>(base), attempt.take_left_out()};
}

} // namespace coax
