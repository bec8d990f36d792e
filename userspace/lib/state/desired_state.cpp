// SPDX-License-Identifier: Apache-2.0
#include "lib/state/desired_state.h"

namespace coax {

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    if (text.empty())
        return ListenAddress{};
    COAX_ASSIGN_OR_RETURN(const SocketAddress parsed, SocketAddress::parse(text));
    return ListenAddress{parsed};
}

std::string ListenAddress::to_string() const {
    return address ? address->to_string() : "";
}

IpAddress DesiredState::vtep_of(NodeId id) const {
    return IpAddress::v4(overlay.vtep_pool.network().address.v4_host_order() + id.value());
}

} // namespace coax
