// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <string_view>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <fmt/format.h>

#include "lib/net/rtnl_links.h"

namespace coax {
namespace {

Result<std::optional<Link>> only_link(const Result<NetlinkAnswer> &answer,
                                      const std::string &what) {
    if (!answer.ok())
        return answer.error().with_context(what);
    if (answer->error_number == ENODEV)
        return std::optional<Link>();
    COAX_TRY(answer->status(what));
    if (answer->replies.empty())
        return Error(ErrorCode::kSystem, what + ": the kernel's answer is empty");
    return std::optional<Link>(parse_link(answer->replies.front()));
}

} // namespace

Link parse_link(const NetlinkReply &reply) {
    const auto header = reply.header<ifinfomsg>();
    const auto attributes = reply.attributes(sizeof(ifinfomsg), IFLA_MAX);
    Link link;
    link.index = IfIndex(static_cast<std::uint32_t>(header.ifi_index));
    link.name = attributes.get_string(IFLA_IFNAME);
    link.kind =
        NetlinkAttributes(attributes.get(IFLA_LINKINFO), IFLA_INFO_MAX).get_string(IFLA_INFO_KIND);
    link.alias = attributes.get_string(IFLA_IFALIAS);
    if (const auto mac = attributes.get(IFLA_ADDRESS); mac.size() == link.mac.bytes.size())
        std::copy(mac.begin(), mac.end(), link.mac.bytes.begin());
    link.mtu = attributes.get_value<std::uint32_t>(IFLA_MTU);
    link.up = (header.ifi_flags & IFF_UP) != 0;
    link.running = (header.ifi_flags & IFF_RUNNING) != 0;
    // Other kinds use IFLA_LINK for a lower device.
    if (link.kind == "veth")
        link.peer = IfIndex(attributes.get_value<std::uint32_t>(IFLA_LINK));
    const auto stats = attributes.get_value<rtnl_link_stats64>(IFLA_STATS64);
    link.rx_frame_errors = stats.rx_frame_errors;
    link.tx_errors = stats.tx_errors;
    return link;
}

Status check_interface_name(const std::string &name) {
    const bool bad_character = std::any_of(name.begin(), name.end(), [](char c) {
        return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    });
    if (!name.empty() && name.size() < IFNAMSIZ && !bad_character && name != "." && name != "..")
        return {};
    return Error(
        ErrorCode::kInvalid,
        fmt::format("interface name '{}': expected 1 to {} characters without '/', ':' and "
                    "blanks",
                    name, IFNAMSIZ - 1));
}

Result<std::vector<Link>> RtnlLinks::list() {
    NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP);
    request.append(ifinfomsg{});
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
    COAX_TRY(answer.status("list interfaces"));
    std::vector<Link> links;
    links.reserve(answer.replies.size());
    for (const auto &reply : answer.replies) {
        if (reply.type == RTM_NEWLINK)
            links.push_back(parse_link(reply));
    }
    return links;
}

Result<std::optional<Link>> RtnlLinks::find(const std::string &name) {
    COAX_TRY(check_interface_name(name));
    NetlinkRequest request(RTM_GETLINK, 0);
    request.append(ifinfomsg{});
    request.put_string(IFLA_IFNAME, name);
    return only_link(socket_.transact(request), "look up interface " + name);
}

Result<std::optional<Link>> RtnlLinks::find(IfIndex index) {
    NetlinkRequest request(RTM_GETLINK, 0);
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index.value());
    request.append(header);
    return only_link(socket_.transact(request), fmt::format("look up interface {}", index.value()));
}

std::string RtnlLinks::label(IfIndex index) {
    const auto found = find(index);
    if (found.ok() && found->has_value())
        return "interface " + (*found)->name;
    return fmt::format("interface {} (gone)", index.value());
}

} // namespace coax
