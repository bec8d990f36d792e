// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lib/state/desired_state.h"

namespace coax {

/// What comes from elsewhere than the file. Each item is well-formed by itself (its fields have the
/// types and ranges of the options of the same name); how they fit is for with_additions().
/// Networks: `members` of one with `all_nodes` are filled in.
struct Additions {
    struct NamedPort {
        Port port; // without `vni`; a mac of zero: derived
        std::string network;
    };
    std::vector<Peer> peers;
    std::vector<Network> networks;
    std::vector<NamedPort> ports;
    struct NamedEndpoint {
        std::string network;
        MacAddress mac;
        NodeId node;
    };
    std::vector<NamedEndpoint> endpoints;
};

/// An addition that does not fit.
struct LeftOut {
    enum class Kind { kPeer, kNetwork, kPort, kEndpoint };
    Kind kind;
    std::string name; // "storage2", "red", "red-c1", a MAC address
    std::string text; // expected, found, what to do
    auto operator<=>(const LeftOut &) const = default;
};

struct WithAdditions {
    DesiredStatePtr state;
    std::vector<LeftOut> left_out;
};

/// `base` and what of the additions fits: what holds in a file holds in the whole. What is in `base`
/// wins, then the earlier addition. Only that endpoints of peers may be equal: in a file that is a
/// typing error, nodes behind different routers may well have the same address.
WithAdditions with_additions(const DesiredState &base, const Additions &additions);

} // namespace coax
