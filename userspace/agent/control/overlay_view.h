// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller.pb.h"
#include "lib/config/additions.h"

namespace coax {

/// Networks, ports of this node and endpoints as controllers say: what no key is behind. Each is
/// read strictly; one that is malformed changes nothing and is named.
/// Pure. Bounds: kItemsMax of each kind.
class OverlayView {
  public:
    static constexpr std::size_t kItemsMax = 100000;

    explicit OverlayView(NodeId self) : self_(self) {}

    /// A whole update. What a snapshot does not name goes, but not when its store is new: that
    /// knows nothing yet. True when something changed.
    bool take(const controller::v1::Update &update, bool same_store);

    /// Into `out`: networks, ports, endpoints.
    void add_to(Additions &out) const;
    [[nodiscard]] const std::vector<LeftOut> &malformed() const { return malformed_; }
    [[nodiscard]] const auto &networks() const { return networks_; }
    [[nodiscard]] const auto &ports() const { return ports_; }
    [[nodiscard]] const auto &endpoints() const { return endpoints_; }

  private:
    template <typename Items, typename Key, typename Item>
    bool put(Items &items, const Key &key, const Item &item);
    void take_items(const controller::v1::Update &update, bool &changed);

    struct Network {
        controller::v1::Network wire; // for the record
        coax::Network network;
        bool operator==(const Network &other) const { return network == other.network; }
    };
    struct Port {
        controller::v1::Port wire;
        Additions::NamedPort port;
        bool operator==(const Port &other) const {
            return port.port == other.port.port && port.network == other.port.network;
        }
    };

    const NodeId self_;
    std::map<std::string, Network> networks_; // by name
    std::map<std::string, Port> ports_;
    std::map<std::pair<std::string, MacAddress>, NodeId> endpoints_; // network and MAC
    std::vector<LeftOut> malformed_; // of the last update that had any of the kind
};

} // namespace coax
