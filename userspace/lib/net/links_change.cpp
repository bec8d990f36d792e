// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "lib/net/netns.h"
#include "lib/net/rtnl_links.h"

namespace coax {
namespace {

ifinfomsg header_of(IfIndex index) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index.value());
    return header;
}

void put_mtu(NetlinkRequest &request, std::uint32_t mtu_bytes) {
    if (mtu_bytes != 0)
        request.put_value(IFLA_MTU, mtu_bytes);
}

void put_no_ipv6_autoconf(NetlinkRequest &request) {
    request.begin(IFLA_AF_SPEC);
    request.begin(AF_INET6);
    request.put_value(IFLA_INET6_ADDR_GEN_MODE, std::uint8_t{IN6_ADDR_GEN_MODE_NONE});
    request.end();
    request.end();
}

} // namespace

Status RtnlLinks::modify(IfIndex index, const std::string &doing, const Fill &fill) {
    NetlinkRequest request(RTM_SETLINK, 0);
    request.append(header_of(index));
    fill(request);
    auto answer = socket_.transact(request);
    if (answer.ok() && answer->error_number == 0)
        return {};
    const std::string what = fmt::format("{} of {}", doing, label(index));
    return answer.ok() ? answer->status(what) : answer.error().with_context(what);
}

Status RtnlLinks::remove(IfIndex index) {
    NetlinkRequest request(RTM_DELLINK, 0);
    request.append(header_of(index));
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
    if (answer.error_number == ENODEV)
        return {};
    return answer.error_number == 0 ? Status() : answer.status("remove " + label(index));
}

Status RtnlLinks::set_up(IfIndex index, bool up) {
    NetlinkRequest request(RTM_SETLINK, 0);
    ifinfomsg header = header_of(index);
    header.ifi_change = IFF_UP;
    header.ifi_flags = up ? unsigned{IFF_UP} : 0U;
    request.append(header);
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
    if (answer.error_number == 0)
        return {};
    std::string what = fmt::format("set {} {}", label(index), up ? "up" : "down");
    if (answer.error_number == EADDRINUSE)
        what += " (its UDP port belongs to another socket; see who: ss -ulpn)";
    return answer.status(what);
}

Status RtnlLinks::set_mtu(IfIndex index, std::uint32_t mtu_bytes) {
    return modify(index, fmt::format("set MTU {}", mtu_bytes),
                  [&](NetlinkRequest &request) { request.put_value(IFLA_MTU, mtu_bytes); });
}

Status RtnlLinks::set_mac(IfIndex index, const MacAddress &mac) {
    return modify(index, "set MAC address " + mac.to_string(),
                  [&](NetlinkRequest &request) { request.put(IFLA_ADDRESS, mac.bytes); });
}

Status RtnlLinks::set_alias(IfIndex index, const std::string &alias) {
    return modify(index, fmt::format("set alias '{}'", alias),
                  [&](NetlinkRequest &request) { request.put_string(IFLA_IFALIAS, alias); });
}

Status RtnlLinks::disable_ipv6_autoconf(IfIndex index) {
    NetlinkRequest request(RTM_SETLINK, 0);
    request.append(header_of(index));
    put_no_ipv6_autoconf(request);
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
    // The kernel or this device (an MTU below 1280) has no IPv6: nothing to turn off.
    if (answer.error_number == 0 || answer.error_number == EAFNOSUPPORT)
        return {};
    return answer.status("turn off IPv6 autoconfiguration of " + label(index));
}

Status RtnlLinks::set_threaded_napi(IfIndex index, bool on) {
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, find(index));
    if (!link)
        return Error(ErrorCode::kNotFound,
                     fmt::format("set threaded NAPI: interface {} is gone", index.value()));
    return write_threaded_napi(netns_.get(), link->name, on);
}

// --- creation -----------------------------------------------------------------------------------

Result<Link> RtnlLinks::create(const std::string &name, const std::string &kind,
                               const std::string &alias, const Fill &fill) {
    COAX_TRY(check_interface_name(name));
    NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    request.append(ifinfomsg{});
    request.put_string(IFLA_IFNAME, name);
    fill(request);
    COAX_TRY(socket_.change(request, fmt::format("create {} interface {}", kind, name)));
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> made, find(name));
    if (!made)
        return Error(ErrorCode::kNotFound,
                     fmt::format("interface {} vanished right after its creation", name));
    if (auto marked = mark_created(*made, alias); !marked.ok()) {
        (void)remove(made->index); // the first error is the one to report
        return marked.error();
    }
    Link link = *made;
    link.alias = alias;
    return link;
}

/// Creation takes neither the alias nor the IPv6 mode: set them while the link is still down.
Status RtnlLinks::mark_created(const Link &link, const std::string &alias) {
    COAX_TRY(set_alias(link.index, alias));
    return disable_ipv6_autoconf(link.index);
}

Result<Link> RtnlLinks::create_plain(const std::string &name, const std::string &kind,
                                     const std::string &alias) {
    return create(name, kind, alias, [&kind](NetlinkRequest &request) {
        request.begin(IFLA_LINKINFO);
        request.put_string(IFLA_INFO_KIND, kind);
        request.end();
    });
}

Result<Link> RtnlLinks::create_dummy(const std::string &name, const std::string &alias) {
    auto made = create_plain(name, "dummy", alias);
    if (made.ok() || made.error().code() != ErrorCode::kUnsupported)
        return made;
    return create_plain(name, "ifb", alias);
}

Result<Link> RtnlLinks::create_wireguard(const std::string &name, const std::string &alias) {
    return create_plain(name, "wireguard", alias);
}

Result<Link> RtnlLinks::create_veth(const VethSpec &spec) {
    COAX_TRY(check_interface_name(spec.peer_name));
    COAX_ASSIGN_OR_RETURN(
        Link link, create(spec.name, "veth", spec.alias, [&](NetlinkRequest &request) {
            put_mtu(request, spec.mtu);
            request.begin(IFLA_LINKINFO);
            request.put_string(IFLA_INFO_KIND, "veth");
            request.begin(IFLA_INFO_DATA);
            request.begin(VETH_INFO_PEER);
            request.append(ifinfomsg{});
            request.put_string(IFLA_IFNAME, spec.peer_name);
            if (!spec.mac.is_zero())
                request.put(IFLA_ADDRESS, spec.mac.bytes);
            put_mtu(request, spec.mtu);
            if (spec.peer_netns_fd)
                request.put_value(IFLA_NET_NS_FD, static_cast<std::uint32_t>(*spec.peer_netns_fd));
            request.end();
            request.end();
            request.end();
        }));
    if (auto marked = mark_peer(spec); !marked.ok()) {
        (void)remove(link.index); // takes the peer along; the first error is the one to report
        return marked.error();
    }
    return link;
}

/// The alias of the end in the other namespace has to be set from there.
Status RtnlLinks::mark_peer(const VethSpec &spec) {
    std::optional<NetlinkSocket> other;
    COAX_ASSIGN_OR_RETURN(NetlinkSocket *const socket, socket_of_peer(spec, other));
    NetlinkRequest request(RTM_SETLINK, 0);
    request.append(ifinfomsg{});
    request.put_string(IFLA_IFNAME, spec.peer_name);
    request.put_string(IFLA_IFALIAS, spec.alias);
    return socket->change(request, "set alias of interface " + spec.peer_name);
}

Result<NetlinkSocket *> RtnlLinks::socket_of_peer(const VethSpec &spec,
                                                  std::optional<NetlinkSocket> &other) {
    if (!spec.peer_netns_fd)
        return &socket_;
    COAX_ASSIGN_OR_RETURN(const NetnsGuard guard, NetnsGuard::enter(*spec.peer_netns_fd));
    COAX_ASSIGN_OR_RETURN(other, NetlinkSocket::open(NETLINK_ROUTE));
    return &*other;
}

} // namespace coax
