// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "lib/net/links.h"
#include "lib/net/netlink.h"

namespace coax {

/// Links over one rtnetlink socket that was opened inside the namespace it serves.
/// Threading: one thread. Ownership: the socket, and a descriptor that names the namespace.
class RtnlLinks final : public Links {
  public:
    RtnlLinks(NetlinkSocket socket, UniqueFd netns)
        : socket_(std::move(socket)), netns_(std::move(netns)) {}

    Result<std::vector<Link>> list() override;
    Result<std::optional<Link>> find(const std::string &name) override;

    Result<Link> create_veth(const VethSpec &spec) override;
    Result<Link> create_dummy(const std::string &name, const std::string &alias) override;
    Result<Link> create_wireguard(const std::string &name, const std::string &alias) override;
    Status remove(IfIndex index) override;

    Status set_up(IfIndex index, bool up) override;
    Status set_mtu(IfIndex index, std::uint32_t mtu_bytes) override;
    Status set_mac(IfIndex index, const MacAddress &mac) override;
    Status set_alias(IfIndex index, const std::string &alias) override;
    Status disable_ipv6_autoconf(IfIndex index) override;
    Status set_threaded_napi(IfIndex index, bool on) override;

    Result<bool> offload(IfIndex index, Offload offload) override;
    Status set_offload(IfIndex index, Offload offload, bool on) override;

    Result<std::vector<IpPrefix>> addresses(IfIndex index) override;
    Status add_address(IfIndex index, const IpPrefix &address) override;
    Status remove_address(IfIndex index, const IpPrefix &address) override;

  private:
    using Fill = std::function<void(NetlinkRequest &)>;

    Result<std::optional<Link>> find(IfIndex index);
    std::string label(IfIndex index); // for messages: "interface eth0" or "interface 7"
    /// One RTM_SETLINK of an existing interface.
    Status modify(IfIndex index, const std::string &doing, const Fill &fill);
    /// One RTM_NEWLINK of `kind`, then the marks that creation does not take.
    Result<Link> create(const std::string &name, const std::string &kind, const std::string &alias,
                        const Fill &fill);
    Result<Link> create_plain(const std::string &name, const std::string &kind,
                              const std::string &alias);
    Status mark_created(const Link &link, const std::string &alias);
    Status mark_peer(const VethSpec &spec);
    Result<NetlinkSocket *> socket_of_peer(const VethSpec &spec,
                                           std::optional<NetlinkSocket> &other);
    Status change_address(IfIndex index, const IpPrefix &address, bool add);

    NetlinkSocket socket_;
    UniqueFd netns_;
};

// One message of a dump each. Pure.

Link parse_link(const NetlinkReply &reply);
/// Nothing unless it is a global address of this interface.
std::optional<IpPrefix> parse_address(const NetlinkReply &reply, IfIndex index);

/// kInvalid unless the kernel would take it as an interface name.
Status check_interface_name(const std::string &name);

/// /sys/class/net/<name>/threaded of the namespace `netns_fd`.
Status write_threaded_napi(int netns_fd, const std::string &name, bool on);

} // namespace coax
