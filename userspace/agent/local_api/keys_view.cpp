// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <fmt/format.h>

#include "agent/control/rotation.h"
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

std::vector<ChangeWait> waits_of(const ViewSource &source) {
    return source.rotation == nullptr ? std::vector<ChangeWait>() : source.rotation->waits();
}

std::string stanza(const ViewSource &source) {
    const DesiredState &state = source.state;
    std::string text =
        fmt::format("[[peer]]\nid = {}\nname = \"{}\"\n", state.node.id.value(), state.node.name);
    if (const auto address = first_uplink_address(source))
        text += fmt::format("endpoint = \"{}\"\n",
                            SocketAddress{*address, state.underlay.listen_port}.to_string());
    text += "keys = [";
    const KeySet in_use = source.keys.in_use();
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane)
        text += fmt::format("{}\"{}\"", lane == 0 ? "" : ", ",
                            source.keys.public_key(in_use, lane).to_string());
    text += "]\n";
    if (in_use == KeySet::kSecond)
        text += "# second keys: a file cannot say so yet, have both nodes join a controller\n";
    return text;
}

void fill(const ViewSource &source, KeySet set, std::uint32_t lane, api::Key &out) {
    out.set_lane(lane);
    out.set_public_key(source.keys.public_key(set, lane).to_string());
    out.set_listen_port(source.state.lane_port(lane, set).value());
}

} // namespace

Result<api::Keys> keys_view(const ViewSource &source) {
    const std::uint32_t lanes = source.state.wireguard.lanes;
    if (source.keys.size() < lanes)
        return Error(ErrorCode::kUnavailable,
                     "the keys could not be read yet; coax status says why");
    api::Keys keys;
    const KeySet in_use = source.keys.in_use();
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        fill(source, in_use, lane, *keys.add_keys());
        if (source.keys.changing())
            fill(source, other(in_use), lane, *keys.add_next_keys());
    }
    keys.set_since(time_to_wire(source.keys.state().since));
    for (const ChangeWait &wait : waits_of(source)) {
        api::KeyWait &out = *keys.add_waits();
        out.set_peer(wait.peer);
        out.set_why(wait.why);
    }
    keys.set_peer_stanza(stanza(source));
    return keys;
}

} // namespace coax
