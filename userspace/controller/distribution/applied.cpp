// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/applied.h"

#include <algorithm>

namespace coax::controller {

void raise_applied(const ClusterView &view, v1::Nodes &nodes) {
    for (v1::NodeInfo &node : *nodes.mutable_nodes()) {
        const Revision said(node.applied_revision());
        if (said != Revision() && said >= view.newest_for(NodeId(node.id())))
            node.set_applied_revision(std::max(said, view.revision()).value());
    }
}

} // namespace coax::controller
