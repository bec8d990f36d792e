// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/udp_port.h"

#include <cerrno>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "lib/base/unique_fd.h"

namespace coax {
namespace {

/// 0, or the errno of the bind; a family the kernel lacks is free.
template <typename Address>
int try_bind(int family, const Address &address) {
    const UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd.valid())
        return 0;
    const int on = 1;
    if (family == AF_INET6)
        (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    const auto *generic = static_cast<const sockaddr *>(static_cast<const void *>(&address));
    return ::bind(fd.get(), generic, sizeof(address)) == 0 ? 0 : errno;
}

} // namespace

Error udp_port_busy(const std::string &device, UdpPort port) {
    return {ErrorCode::kBusy,
            fmt::format("UDP port {} of {} belongs to another socket; see who: ss -ulpn 'sport = "
                        ":{}' (a kernel WireGuard shows no process: wg show all listen-port); stop "
                        "it or choose another listen_port",
                        port.value(), device, port.value())};
}

bool udp_port_is_free(UdpPort port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port.value());
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port.value());
    return try_bind(AF_INET, v4) != EADDRINUSE && try_bind(AF_INET6, v6) != EADDRINUSE;
}

Status check_udp_port_free(const std::string &device, UdpPort port) {
    if (!udp_port_is_free(port))
        return udp_port_busy(device, port);
    return {};
}

} // namespace coax
