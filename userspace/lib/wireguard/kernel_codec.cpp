// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/kernel_codec.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sodium.h>

namespace coax {
namespace {

constexpr std::size_t kV4Offset = 12; // of an IPv4 address within ::ffff:a.b.c.d
constexpr std::size_t kMessageBytes = 32768;
// A message is closed when it is this full. One piece of a peer, as cut below, always fits the rest.
constexpr std::size_t kFullBytes = 16384;
constexpr std::size_t kAllowedIpsPerPiece = 256;

constexpr std::array<std::uint8_t, WG_KEY_LEN> kNoPresharedKey{};
constexpr std::size_t kBitsPerByte = 8;
constexpr std::int64_t kSecondsMax = 9'000'000'000; // beyond year 2250 a nanosecond clock overflows
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// --- reading ------------------------------------------------------------------------------------

/// struct __kernel_timespec, which old headers lack.
struct KernelTime {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
};

IpAddress v4_address(std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, 16> full{};
    full[kV4Offset - 1] = full[kV4Offset - 2] = 0xff;
    std::copy(bytes.begin(), bytes.end(), full.begin() + kV4Offset);
    return IpAddress::from_bytes(full);
}

IpAddress v6_address(std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, 16> full{};
    std::copy(bytes.begin(), bytes.end(), full.begin());
    return IpAddress::from_bytes(full);
}

template <typename T>
T read_struct(std::span<const std::uint8_t> bytes) {
    T value{};
    if (!bytes.empty())
        std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(value)));
    return value;
}

std::optional<SocketAddress> parse_endpoint(std::span<const std::uint8_t> bytes) {
    const auto family = read_struct<sa_family_t>(bytes);
    if (family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
        const auto address = read_struct<sockaddr_in>(bytes);
        return SocketAddress{IpAddress::v4(ntohl(address.sin_addr.s_addr)),
                             UdpPort(ntohs(address.sin_port))};
    }
    if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6)) {
        const auto address = read_struct<sockaddr_in6>(bytes);
        return SocketAddress{v6_address(address.sin6_addr.s6_addr),
                             UdpPort(ntohs(address.sin6_port))};
    }
    return std::nullopt;
}

std::optional<IpPrefix> parse_allowed_ip(std::span<const std::uint8_t> item) {
    const NetlinkAttributes attributes(item, WGALLOWEDIP_A_MAX);
    const auto bytes = attributes.get(WGALLOWEDIP_A_IPADDR);
    const auto length = attributes.get_value<std::uint8_t>(WGALLOWEDIP_A_CIDR_MASK);
    IpPrefix prefix{{}, length};
    if (bytes.size() == sizeof(in_addr))
        prefix.address = v4_address(bytes);
    else if (bytes.size() == sizeof(in6_addr))
        prefix.address = v6_address(bytes);
    else
        return std::nullopt;
    // Also an IPv6 one that is ::ffff:0:0/96, which no packet has.
    if (length > kBitsPerByte * (prefix.address.is_v4() ? sizeof(in_addr) : sizeof(in6_addr)))
        return std::nullopt;
    return prefix;
}

/// Nothing: never, or not a time.
std::optional<std::chrono::system_clock::time_point> parse_handshake(const KernelTime &time) {
    if (time.seconds < 0 || time.seconds > kSecondsMax || time.nanoseconds < 0 ||
        time.nanoseconds >= kNanosecondsPerSecond || (time.seconds == 0 && time.nanoseconds == 0))
        return std::nullopt;
    return std::chrono::system_clock::time_point(std::chrono::seconds(time.seconds) +
                                                 std::chrono::nanoseconds(time.nanoseconds));
}

void parse_peer_facts(const NetlinkAttributes &attributes, WgPeerStatus &peer) {
    peer.config.endpoint = parse_endpoint(attributes.get(WGPEER_A_ENDPOINT));
    peer.config.keepalive = std::chrono::seconds(
        attributes.get_value<std::uint16_t>(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL));
    peer.last_handshake =
        parse_handshake(attributes.get_value<KernelTime>(WGPEER_A_LAST_HANDSHAKE_TIME));
    peer.rx_bytes = attributes.get_value<std::uint64_t>(WGPEER_A_RX_BYTES);
    peer.tx_bytes = attributes.get_value<std::uint64_t>(WGPEER_A_TX_BYTES);
    const auto preshared = attributes.get(WGPEER_A_PRESHARED_KEY);
    peer.has_preshared_key = sodium_is_zero(preshared.data(), preshared.size()) == 0;
}

void parse_peer(std::span<const std::uint8_t> item, WgDevice &device) {
    const NetlinkAttributes attributes(item, WGPEER_A_MAX);
    const auto key_bytes = attributes.get(WGPEER_A_PUBLIC_KEY);
    PublicKey key;
    if (key_bytes.size() != key.bytes.size())
        return;
    std::copy(key_bytes.begin(), key_bytes.end(), key.bytes.begin());
    const auto [it, is_new] = device.peers.try_emplace(key);
    // A continued peer comes with its key and more allowed IPs, nothing else.
    if (is_new)
        parse_peer_facts(attributes, it->second);
    for (const auto &allowed : netlink_list(attributes.get(WGPEER_A_ALLOWEDIPS))) {
        if (const auto prefix = parse_allowed_ip(allowed))
            it->second.config.allowed_ips.push_back(*prefix);
    }
}

// --- writing ------------------------------------------------------------------------------------

/// What fits one message of one peer: the first piece carries the flags and facts.
struct PeerPiece {
    const PublicKey *key = nullptr;
    const WgPeerChange *change = nullptr; // null in later pieces and removals
    std::span<const IpPrefix> allowed_ips;
    std::uint32_t flags = 0; // wgpeer_flag
};

std::vector<PeerPiece> cut_into_pieces(const WgDelta &delta) {
    std::vector<PeerPiece> pieces;
    for (const auto &[key, change] : delta.set_peers) {
        std::span<const IpPrefix> rest;
        if (change.allowed_ips)
            rest = *change.allowed_ips;
        PeerPiece piece{&key, &change, rest.first(std::min(rest.size(), kAllowedIpsPerPiece)), 0};
        piece.flags = (change.add ? 0U : std::uint32_t{WGPEER_F_UPDATE_ONLY}) |
                      (change.allowed_ips ? std::uint32_t{WGPEER_F_REPLACE_ALLOWEDIPS} : 0U);
        pieces.push_back(piece);
        for (rest = rest.subspan(piece.allowed_ips.size()); !rest.empty();) {
            const auto more = rest.first(std::min(rest.size(), kAllowedIpsPerPiece));
            pieces.push_back({&key, nullptr, more, WGPEER_F_UPDATE_ONLY});
            rest = rest.subspan(more.size());
        }
    }
    for (const auto &key : delta.remove_peers)
        pieces.push_back({&key, nullptr, {}, WGPEER_F_REMOVE_ME | WGPEER_F_UPDATE_ONLY});
    return pieces;
}

void put_endpoint(NetlinkRequest &request, const SocketAddress &endpoint) {
    if (endpoint.address.is_v4()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port.value());
        address.sin_addr.s_addr = endpoint.address.v4_be();
        request.put_value(WGPEER_A_ENDPOINT, address);
        return;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port.value());
    std::copy(endpoint.address.bytes().begin(), endpoint.address.bytes().end(),
              address.sin6_addr.s6_addr);
    request.put_value(WGPEER_A_ENDPOINT, address);
}

void put_allowed_ip(NetlinkRequest &request, const IpPrefix &prefix) {
    const bool v4 = prefix.address.is_v4();
    const std::span<const std::uint8_t> bytes(prefix.address.bytes());
    request.begin(0);
    request.put_value(WGALLOWEDIP_A_FAMILY, static_cast<std::uint16_t>(v4 ? AF_INET : AF_INET6));
    request.put(WGALLOWEDIP_A_IPADDR, v4 ? bytes.subspan(kV4Offset) : bytes);
    request.put_value(WGALLOWEDIP_A_CIDR_MASK, prefix.length);
    request.end();
}

void put_peer(NetlinkRequest &request, const PeerPiece &piece) {
    request.begin(0);
    request.put(WGPEER_A_PUBLIC_KEY, piece.key->bytes);
    request.put_value(WGPEER_A_FLAGS, piece.flags);
    if (piece.change != nullptr && piece.change->endpoint)
        put_endpoint(request, *piece.change->endpoint);
    if (piece.change != nullptr && piece.change->keepalive)
        request.put_value(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
                          static_cast<std::uint16_t>(piece.change->keepalive->count()));
    if (piece.change != nullptr && piece.change->clear_preshared_key)
        request.put(WGPEER_A_PRESHARED_KEY, kNoPresharedKey);
    if (!piece.allowed_ips.empty()) {
        request.begin(WGPEER_A_ALLOWEDIPS);
        for (const auto &prefix : piece.allowed_ips)
            put_allowed_ip(request, prefix);
        request.end();
    }
    request.end();
}

NetlinkRequest start_request(std::uint16_t family, std::uint8_t command, std::uint16_t flags,
                             const std::string &name) {
    NetlinkRequest request(family, flags, kMessageBytes);
    genlmsghdr header{};
    header.cmd = command;
    header.version = WG_GENL_VERSION;
    request.append(header);
    request.put_string(WGDEVICE_A_IFNAME, name);
    return request;
}

} // namespace

WgDevice parse_kernel_device(const std::vector<NetlinkReply> &replies) {
    WgDevice device;
    for (const auto &reply : replies) {
        const auto attributes = reply.attributes(sizeof(genlmsghdr), WGDEVICE_A_MAX);
        const auto key = attributes.get(WGDEVICE_A_PUBLIC_KEY);
        if (key.size() == device.public_key.bytes.size())
            std::copy(key.begin(), key.end(), device.public_key.bytes.begin());
        if (attributes.has(WGDEVICE_A_LISTEN_PORT))
            device.listen_port =
                UdpPort(attributes.get_value<std::uint16_t>(WGDEVICE_A_LISTEN_PORT));
        for (const auto &peer : netlink_list(attributes.get(WGDEVICE_A_PEERS)))
            parse_peer(peer, device);
    }
    for (auto &[key, peer] : device.peers)
        std::sort(peer.config.allowed_ips.begin(), peer.config.allowed_ips.end());
    return device;
}

NetlinkRequest build_kernel_get(std::uint16_t family, const std::string &name) {
    return start_request(family, WG_CMD_GET_DEVICE, NLM_F_DUMP, name);
}

std::vector<NetlinkRequest> build_kernel_set(std::uint16_t family, const std::string &name,
                                             const WgDelta &delta, const PrivateKey &private_key) {
    std::vector<NetlinkRequest> requests;
    requests.push_back(start_request(family, WG_CMD_SET_DEVICE, 0, name));
    if (delta.set_private_key)
        requests.back().put(WGDEVICE_A_PRIVATE_KEY, private_key.expose());
    if (delta.set_listen_port)
        requests.back().put_value(WGDEVICE_A_LISTEN_PORT, delta.set_listen_port->value());
    const auto pieces = cut_into_pieces(delta);
    if (!pieces.empty())
        requests.back().begin(WGDEVICE_A_PEERS);
    for (const auto &piece : pieces) {
        if (requests.back().size_bytes() > kFullBytes) {
            requests.back().end();
            requests.push_back(start_request(family, WG_CMD_SET_DEVICE, 0, name));
            requests.back().begin(WGDEVICE_A_PEERS);
        }
        put_peer(requests.back(), piece);
    }
    if (!pieces.empty())
        requests.back().end();
    return requests;
}

} // namespace coax
