// SPDX-License-Identifier: Apache-2.0
#include "lib/config/check_overlay.h"

#include "lib/config/check.h"

namespace coax {
namespace {

/// Numbers stand for lines: 1 is the first place.
class Places {
  public:
    Lines add(std::string place) {
        places_.push_back(std::move(place));
        return Lines(static_cast<int>(places_.size()));
    }
    [[nodiscard]] const std::vector<std::string> &all() const { return places_; }

  private:
    std::vector<std::string> places_;
};

} // namespace

Status check_overlay(const OverlayItems &items) {
    Places places;
    Draft draft;
    draft.state.node = items.node;
    draft.state.overlay.vtep_pool = items.vtep_pool;
    std::map<Vni, std::string> names;
    for (const Network &network : items.networks) {
        names.emplace(network.vni, network.name);
        NetworkDraft &added = draft.networks.emplace_back();
        added.network = network;
        added.lines = places.add("network " + network.name);
    }
    for (const Port &port : items.ports)
        draft.ports.push_back({.port = port,
                               .network = names[port.vni],
                               .mac = port.mac,
                               .lines = places.add("port " + port.name)});
    Problems problems(places.all());
    check_networks(draft, problems);
    check_ports(draft, problems);
    return problems.status("");
}

} // namespace coax
