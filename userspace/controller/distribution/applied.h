// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controller.pb.h"
#include "controller/distribution/cluster_view.h"

namespace coax::controller {

/// A node that has said a revision after which it was told nothing has applied what is here now: most
/// changes of the store, each node's own report among them, are told to nobody.
void raise_applied(const ClusterView &view, v1::Nodes &nodes);

} // namespace coax::controller
