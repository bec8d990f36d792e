// SPDX-License-Identifier: Apache-2.0
#include "lib/state/desired_state.h"

#include "coax/abi/limits.h"

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

UdpPort lane_port_from(UdpPort first, std::uint32_t lane, KeySet set) {
    const std::uint32_t offset = lane + (set == KeySet::kSecond ? COAX_LANES_MAX : 0U);
    return UdpPort(static_cast<std::uint16_t>(first.value() + offset));
}

UdpPort DesiredState::lane_port(std::uint32_t lane, KeySet set) const {
    return lane_port_from(underlay.listen_port, lane, set);
}

} // namespace coax
