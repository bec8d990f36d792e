// SPDX-License-Identifier: Apache-2.0
#include "lib/net/tunnel_sender.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <fmt/format.h>

#include "coax/abi/control.h"
#include "lib/base/unique_fd.h"

namespace coax {
namespace {

struct Headers {
    iphdr ip;
    udphdr udp;
};
static_assert(sizeof(Headers) + sizeof(coax_control) == COAX_CONTROL_BYTES);

constexpr std::size_t kPayloadMax = std::numeric_limits<std::uint16_t>::max() - sizeof(Headers);
constexpr std::uint8_t kTtl = 64;

/// RFC 1071, of a header without options whose checksum is 0.
std::uint16_t header_checksum(const iphdr &ip) {
    std::array<std::uint16_t, sizeof(iphdr) / 2> words{};
    static_assert(sizeof(words) == sizeof(iphdr));
    __builtin_memcpy(words.data(), &ip, sizeof(ip));
    std::uint32_t sum = 0;
    for (const std::uint16_t word : words)
        sum += word;
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

/// Without a UDP checksum: WireGuard authenticates.
Headers headers_of(const TunnelPath &path, std::size_t payload_bytes) {
    Headers headers{};
    headers.ip.version = 4;
    headers.ip.ihl = sizeof(iphdr) / 4;
    headers.ip.tot_len = htons(static_cast<std::uint16_t>(sizeof(headers) + payload_bytes));
    headers.ip.frag_off = htons(IP_DF);
    headers.ip.ttl = kTtl;
    headers.ip.protocol = IPPROTO_UDP;
    headers.ip.saddr = path.from_vtep.v4_be();
    headers.ip.daddr = path.to_vtep.v4_be();
    headers.ip.check = header_checksum(headers.ip);
    headers.udp.source = htons(COAX_CONTROL_PORT);
    headers.udp.dest = htons(COAX_CONTROL_PORT);
    headers.udp.len = htons(static_cast<std::uint16_t>(sizeof(udphdr) + payload_bytes));
    return headers;
}

/// What wg_xmit() says of a peer without a session to be: the datagram is lost, nothing is wrong here.
bool has_no_way(int error_number) {
    return error_number == ENOKEY || error_number == EDESTADDRREQ;
}

class PacketSender final : public TunnelSender {
  public:
    explicit PacketSender(UniqueFd socket) : socket_(std::move(socket)) {}

    Status send(const TunnelPath &path, std::span<const std::byte> payload) override {
        const std::string doing = fmt::format("send {} bytes to {} by interface {}", payload.size(),
                                              path.to_vtep.to_string(), path.lane.value());
        if (!path.from_vtep.is_v4() || !path.to_vtep.is_v4() || payload.size() > kPayloadMax)
            return Error(ErrorCode::kInvalid,
                         fmt::format("{}: expected IPv4 addresses and at most {} bytes", doing,
                                     kPayloadMax));
        if (transmit(path, payload) || has_no_way(errno))
            return {};
        if (errno == EMSGSIZE)
            return Error(ErrorCode::kTooLarge,
                         doing + ": more than the interface's MTU has room for");
        if (errno == ENXIO || errno == ENODEV)
            return Error(ErrorCode::kNotFound, doing + ": there is no such interface");
        return Error::from_errno(doing, errno);
    }

  private:
    bool transmit(const TunnelPath &path, std::span<const std::byte> payload) {
        Headers headers = headers_of(path, payload.size());
        std::array<iovec, 2> parts{
            {{&headers, sizeof(headers)},
             {const_cast<std::byte *>(payload.data()), payload.size()}}}; // NOLINT: only read
        sockaddr_ll to{};
        to.sll_family = AF_PACKET;
        to.sll_protocol = htons(ETH_P_IP); // WireGuard compares it with what it sends
        to.sll_ifindex = static_cast<int>(path.lane.value());
        msghdr message{};
        message.msg_name = &to;
        message.msg_namelen = sizeof(to);
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        return ::sendmsg(socket_.get(), &message, MSG_DONTWAIT) >= 0;
    }

    UniqueFd socket_;
};

} // namespace

Result<std::unique_ptr<TunnelSender>> open_tunnel_sender() {
    UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid())
        return Error::from_errno("open a packet socket to send into tunnels (needs CAP_NET_RAW)",
                                 errno);
    return std::unique_ptr<TunnelSender>(std::make_unique<PacketSender>(std::move(socket)));
}

} // namespace coax
