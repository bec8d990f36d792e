// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controller.pb.h"
#include "lib/base/result.h"
#include "lib/state/desired_state.h"

// Networks and ports between the protocol and the desired state. Reading is strict: kInvalid names
// the field, what was expected and what was found, and holds for whatever the other side sends. Both
// ends use it: a controller before it takes an operator's word, an agent before it takes a
// controller's.
namespace coax {

struct WireNetwork {
    Network network; // `members` as sent
    bool all_nodes = false;
};

Result<WireNetwork> network_from_wire(const controller::v1::Network &wire);
controller::v1::Network network_to_wire(const Network &network, bool all_nodes);

struct WirePort {
    Port port; // without `vni`; a mac of zero: to be derived
    std::string network;
    NodeId node;
};

Result<WirePort> port_from_wire(const controller::v1::Port &wire);
controller::v1::Port port_to_wire(const Port &port, const std::string &network, NodeId node);

} // namespace coax
