// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/net/links.h"
#include "lib/net/netlink.h"
#include "lib/wireguard/kernel_codec.h"
#include "lib/wireguard/udp_port.h"
#include "lib/wireguard/wireguard.h"

namespace coax {
namespace {

/// Number of the generic netlink family; asking makes the kernel load the module. kUnsupported: none.
Result<std::uint16_t> resolve_family(NetlinkSocket &socket) {
    NetlinkRequest request(GENL_ID_CTRL, 0);
    genlmsghdr header{};
    header.cmd = CTRL_CMD_GETFAMILY;
    header.version = 1;
    request.append(header);
    request.put_string(CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket.transact(request));
    if (answer.error_number == ENOENT || answer.replies.empty())
        return Error(ErrorCode::kUnsupported,
                     "this kernel has no WireGuard: load it with `modprobe wireguard`, or use "
                     "backend = \"userspace\"");
    COAX_TRY(answer.status("look up WireGuard in the kernel"));
    const auto attributes = answer.replies.front().attributes(sizeof(genlmsghdr), CTRL_ATTR_MAX);
    return attributes.get_value<std::uint16_t>(CTRL_ATTR_FAMILY_ID);
}

/// WireGuard by the kernel's devices.
/// Threading: one thread. Ownership: a generic netlink socket of the namespace it was made in;
/// references `links`. Counters: the link's own.
class KernelWireGuard final : public WireGuard {
  public:
    KernelWireGuard(Links &links, NetlinkSocket socket, std::uint16_t family)
        : links_(links), socket_(std::move(socket)), family_(family) {}

    [[nodiscard]] std::string describe() const override { return "kernel"; }
    [[nodiscard]] bool is_kernel() const override { return true; }

    Result<bool> ensure_device(const std::string &name, const std::string &alias) override;
    Status remove_device(const std::string &name) override;
    Result<WgDevice> read(const std::string &name) override;
    Status apply(const std::string &name, const WgDelta &delta,
                 const PrivateKey &private_key) override;
    Result<std::uint64_t> rejected_sources(const std::string &name) override;

  private:
    Links &links_;
    NetlinkSocket socket_;
    std::uint16_t family_;
};

Error not_wireguard(const Link &link) {
    return {ErrorCode::kExists,
            fmt::format("interface {}: expected kind 'wireguard', found '{}'; remove it with: ip "
                        "link del {}",
                        link.name, link.kind, link.name)};
}

Result<bool> KernelWireGuard::ensure_device(const std::string &name, const std::string &alias) {
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
    if (!link) {
        COAX_TRY(links_.create_wireguard(name, alias));
        return true;
    }
    if (link->kind != WG_GENL_NAME)
        return not_wireguard(*link);
    if (link->alias != alias)
        COAX_TRY(links_.set_alias(link->index, alias));
    return false;
}

Status KernelWireGuard::remove_device(const std::string &name) {
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
    if (!link)
        return {};
    if (link->kind != WG_GENL_NAME)
        return not_wireguard(*link);
    return links_.remove(link->index);
}

Result<WgDevice> KernelWireGuard::read(const std::string &name) {
    NetlinkRequest request = build_kernel_get(family_, name);
    COAX_ASSIGN_OR_RETURN(NetlinkAnswer answer, socket_.transact(request));
    COAX_TRY(answer.status("read WireGuard device " + name));
    WgDevice device = parse_kernel_device(answer.replies);
    for (auto &reply : answer.replies) // they hold the private key
        sodium_memzero(reply.payload.data(), reply.payload.size());
    return device;
}

Status KernelWireGuard::apply(const std::string &name, const WgDelta &delta,
                              const PrivateKey &private_key) {
    if (delta.empty())
        return {};
    // The kernel takes any port while the link is down and fails when it goes up: too late to tell.
    if (delta.set_listen_port)
        COAX_TRY(check_udp_port_free(name, *delta.set_listen_port));
    for (auto &request : build_kernel_set(family_, name, delta, private_key)) {
        COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
        if (answer.error_number == EADDRINUSE && delta.set_listen_port)
            return udp_port_busy(name, *delta.set_listen_port);
        COAX_TRY(answer.status("configure WireGuard device " + name));
    }
    return {};
}

Result<std::uint64_t> KernelWireGuard::rejected_sources(const std::string &name) {
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
    if (!link)
        return Error(ErrorCode::kNotFound, "WireGuard device " + name + " does not exist");
    return link->rx_frame_errors;
}

} // namespace

bool kernel_wireguard_available() {
    auto socket = NetlinkSocket::open(NETLINK_GENERIC);
    return socket.ok() && resolve_family(*socket).ok();
}

Result<std::unique_ptr<WireGuard>> make_kernel_wireguard(Links &links) {
    COAX_ASSIGN_OR_RETURN(NetlinkSocket socket, NetlinkSocket::open(NETLINK_GENERIC));
    COAX_ASSIGN_OR_RETURN(const std::uint16_t family, resolve_family(socket));
    return std::unique_ptr<WireGuard>(
        std::make_unique<KernelWireGuard>(links, std::move(socket), family));
}

} // namespace coax
