// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/control/claims.h"
#include "agent/control/overlay_view.h"
#include "lib/config/additions.h"

namespace coax {

/// What a verified binding makes of a peer. Its first endpoint that has room for all lanes is used.
Peer peer_of(NodeId id, const ClaimedNode &node, const IpPrefix &vtep_pool);

/// The file's state with the nodes in force and the overlay of controllers. Nothing else of a claim
/// gets in. Pure.
WithAdditions merge(const DesiredState &file, const Claims &claims, const OverlayView &overlay);

} // namespace coax
