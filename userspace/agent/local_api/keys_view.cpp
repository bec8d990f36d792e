// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <fmt/format.h>

#include "agent/local_api/views.h"

namespace coax {
namespace {

// The first global address of an uplink: a good guess, the operator may know a better one.
std::optional<IpAddress> first_uplink_address(const ViewSource &source) {
    for (const UplinkStatus &uplink : source.reconciler.uplinks().status()) {
        if (uplink.link.value() == 0)
            continue;
        const auto addresses = source.links.addresses(uplink.link);
        if (addresses.ok() && !addresses->empty())
            return addresses->front().address;
    }
    return std::nullopt;
}

std::string stanza(const ViewSource &source) {
    const DesiredState &state = source.state;
    std::string text =
        fmt::format("[[peer]]\nid = {}\nname = \"{}\"\n", state.node.id.value(), state.node.name);
    if (const auto address = first_uplink_address(source))
        text += fmt::format("endpoint = \"{}\"\n",
                            SocketAddress{*address, state.underlay.listen_port}.to_string());
    text += "keys = [";
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane)
        text += fmt::format("{}\"{}\"", lane == 0 ? "" : ", ",
                            source.keys.public_key(lane).to_string());
    return text + "]\n";
}

} // namespace

Result<api::Keys> keys_view(const ViewSource &source) {
    const std::uint32_t lanes = source.state.wireguard.lanes;
    if (source.keys.size() < lanes)
        return Error(ErrorCode::kUnavailable,
                     "the keys could not be read yet; coax status says why");
    api::Keys keys;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        api::Key &key = *keys.add_keys();
        key.set_lane(lane);
        key.set_public_key(source.keys.public_key(lane).to_string());
        key.set_listen_port(source.state.underlay.listen_port.value() + lane);
    }
    keys.set_peer_stanza(stanza(source));
    return keys;
}

} // namespace coax
