// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/registry/change.h"
#include "lib/base/types.h"
#include "store.pb.h"

namespace coax::controller {

/// Networks and their ports, on all nodes. A change is taken when every node's part keeps the rules
/// of a configuration file, and no two nodes have one MAC or IP address in a network.
/// Threads: any. `writer` outlives it. Errors: as Writer; kInvalid, kNotFound and kExists name what
/// was expected, what was found and what to do.
class TopologyRegistry {
  public:
    explicit TopologyRegistry(Writer &writer) : writer_(writer) {}

    /// Its VNI 0: the one it has, or the lowest that is free.
    Result<Revision> put_network(const v1::PutNetworkRequest &request, const std::string &who);
    /// kInvalid while it has ports.
    Result<Revision> remove_network(const std::string &name, const std::string &who);

    Result<Revision> put_port(const v1::PutPortRequest &request, const std::string &who);
    Result<Revision> remove_port(const v1::RemovePortRequest &request, const std::string &who);

  private:
    Writer &writer_;
};

/// Ports of a node that goes, and its memberships: its id may be given out again.
Status remove_from_topology(Change &change, NodeId node);

} // namespace coax::controller
