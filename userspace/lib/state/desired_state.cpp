// SPDX-License-Identifier: Apache-2.0
#include "lib/state/desired_state.h"

namespace coax {

IpAddress DesiredState::vtep_of(NodeId id) const {
    return IpAddress::v4(overlay.vtep_pool.network().address.v4_host_order() + id.value());
}

} // namespace coax
