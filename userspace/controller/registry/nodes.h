// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/registry/change.h"
#include "lib/base/types.h"
#include "lib/trust/ssh_public_key.h"
#include "store.pb.h"

namespace coax::controller {

// Within a change: what nodes there are.
Result<std::optional<record::Node>> read_node(Change &change, NodeId id);
Result<std::optional<record::Node>> read_node_by_name(Change &change, std::string_view name);
Result<std::optional<record::Node>> read_node_by_identity(Change &change, const SshPublicKey &key);

/// A node that is not there yet, with its name, identity and id.
Status add_node(Change &change, const record::Node &node);

/// "SHA256:..." of a record's identity; "no key" when it has none.
std::string fingerprint_of(const std::string &public_key);

/// Nodes that were admitted, and that wait to be.
/// Threads: any. `writer` outlives it. Errors: as Writer, and those that are said.
class NodeRegistry {
  public:
    explicit NodeRegistry(Writer &writer) : writer_(writer) {}

    /// kNotFound when there is no such node.
    Result<record::Node> get(std::string_view name);
    /// Forgets a node with its ports and memberships, or that it waits for approval; kNotFound. To
    /// keep it out is for a revocation: it may join again.
    Result<Revision> remove(const std::string &name, const std::string &who);

    /// What a node says it did; what it does not say again stays. Large lists are cut. kNotFound
    /// when there is no such node any more.
    Status report(NodeId id, const v1::Report &report);

  private:
    Status remove_node(Change &change, const record::Node &node);

    Writer &writer_;
};

} // namespace coax::controller
