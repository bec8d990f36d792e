// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "controller.pb.h"
#include "controller/registry/model.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace coax::controller {

/// All networks and ports, as they would be.
struct TopologyFacts {
    IpPrefix vtep_pool;
    std::map<std::string, v1::Network> networks; // by name
    std::map<PortKey, v1::Port> ports;
};

// Whether they hold together, on every node that a change reaches. Pure; the other networks and
// ports are taken to hold. kInvalid "port red-c1 of node 7: port.mac: expected ...".
Status check_network(const TopologyFacts &facts, const std::string &name);
Status check_port(const TopologyFacts &facts, const PortKey &port);

} // namespace coax::controller
