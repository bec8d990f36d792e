// SPDX-License-Identifier: Apache-2.0
// Packets for tests, composed from the outside in: Ethernet{..} / Ipv4{..} / Udp{..} / Payload{..}.
// Lengths, types and checksums are right unless a field overrides them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coax::test {

using Bytes = std::vector<std::uint8_t>;

/// 48-bit address. mac(7) is 02:00:5e:00:53:07, a locally administered one.
using Mac = std::array<std::uint8_t, 6>;
constexpr Mac mac(std::uint8_t last) {
    return {0x02, 0x00, 0x5e, 0x00, 0x53, last};
}
constexpr Mac kBroadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Mac kZeroMac = {};

/// IPv4 or IPv6 address from its text; a test with a wrong text aborts.
class Ip {
  public:
    Ip(const char *text); // NOLINT: implicit so that rows read well
    [[nodiscard]] bool is_v4() const { return size_ == 4; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
    /// 16 bytes, IPv4 as ::ffff:a.b.c.d: the form of the maps' keys.
    [[nodiscard]] std::array<std::uint8_t, 16> mapped() const;
    /// Network order, as the maps hold it. Only when is_v4().
    [[nodiscard]] std::uint32_t v4_be() const;

  private:
    std::array<std::uint8_t, 16> bytes_{};
    std::size_t size_ = 4;
};

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeArp = 0x0806;
constexpr std::uint16_t kTypeVlan = 0x8100;
constexpr std::uint16_t kTypeQinq = 0x88a8;
constexpr std::uint16_t kTypeIpv6 = 0x86dd;
constexpr std::uint16_t kTypeUnknown = 0x88b5; // IEEE local experimental ethertype 1

struct Ethernet {
    Mac dst = mac(2);
    Mac src = mac(1);
    std::optional<std::uint16_t> type = {}; // absent: from the next layer
};

struct Vlan {
    std::uint16_t tci = 1;
    std::uint16_t tpid = kTypeVlan; // written by the layer before
    std::optional<std::uint16_t> type = {};
};

struct Ipv4 {
    Ip src = "192.0.2.1";
    Ip dst = "192.0.2.2";
    std::uint8_t ttl = 64;
    std::uint8_t tos = 0;
    std::uint16_t id = 0;
    std::uint16_t frag = 0; // flags and offset field as on the wire: 0x4000 = DF, 0x2000 = MF
    std::optional<std::uint8_t> protocol = {};
    std::optional<std::uint16_t> total_length = {};
    std::optional<std::uint16_t> checksum = {};
    std::optional<std::uint8_t> version_ihl = {};
    Bytes options = {}; // a multiple of four bytes
};

struct Ipv6 {
    Ip src = "2001:db8::1";
    Ip dst = "2001:db8::2";
    std::uint8_t hop_limit = 64;
    std::uint32_t flow = 0; // traffic class and flow label: low 28 bits of the first word
    std::optional<std::uint8_t> next_header = {};
    std::optional<std::uint16_t> payload_length = {};
};

/// IPv6 hop-by-hop (0), routing (43) or destination options (60) header: eight bytes of padding.
struct Ipv6Options {
    std::uint8_t kind = 0;
    std::optional<std::uint8_t> next_header = {};
};

struct Ipv6Fragment {
    std::uint16_t offset_bytes = 0; // a multiple of eight
    bool more = false;
    std::uint32_t id = 1;
    std::optional<std::uint8_t> next_header = {};
};

struct Udp {
    std::uint16_t sport = 1000;
    std::uint16_t dport = 2000;
    std::optional<std::uint16_t> length = {};
    std::optional<std::uint16_t> checksum = {};
};

constexpr std::uint8_t kTcpFin = 0x01;
constexpr std::uint8_t kTcpSyn = 0x02;
constexpr std::uint8_t kTcpRst = 0x04;
constexpr std::uint8_t kTcpAck = 0x10;

struct Tcp {
    std::uint16_t sport = 1000;
    std::uint16_t dport = 2000;
    std::uint32_t seq = 1;
    std::uint32_t ack = 0;
    std::uint8_t flags = kTcpAck;
    std::uint16_t window = 0x2000;
    std::optional<std::uint16_t> mss = {}; // an MSS option in front of `options`
    Bytes options = {};                    // a multiple of four bytes
    std::optional<std::uint8_t> header_words = {};
    std::optional<std::uint16_t> checksum = {};
};

struct Icmp {
    std::uint8_t type = 8;
    std::uint8_t code = 0;
    std::uint32_t rest = 0x00010001; // identifier and sequence of an echo, MTU of a too-big
    std::optional<std::uint16_t> checksum = {};
};

struct Icmpv6 {
    std::uint8_t type = 128;
    std::uint8_t code = 0;
    std::uint32_t rest = 0x00010001;
    std::optional<std::uint16_t> checksum = {};
};

/// RFC 4861 section 4.3 and 4.4; `link_layer` is the source (NS) or target (NA) option.
struct NeighborSolicit {
    Ip target = "2001:db8::2";
    std::optional<Mac> link_layer = {};
    std::optional<std::uint16_t> checksum = {};
};
struct NeighborAdvert {
    Ip target = "2001:db8::1";
    std::optional<Mac> link_layer = {};
    std::uint32_t flags = 0x60000000; // solicited, override
    std::optional<std::uint16_t> checksum = {};
};

struct Arp {
    std::uint16_t op = 1;
    Mac sender = mac(1);
    Ip sender_ip = "192.0.2.1";
    Mac target = kZeroMac;
    Ip target_ip = "192.0.2.2";
    std::uint16_t hardware = 1;
    std::uint16_t protocol = kTypeIpv4;
};

struct Vxlan {
    std::uint32_t vni = 0;
    std::uint8_t flags = 0x08;
    std::uint32_t reserved = 0; // 24 bits after the flags
    std::uint8_t reserved2 = 0; // the last byte
};

/// A message of type 1 (initiation), 2 (response), 3 (cookie) or 4 (data) of its proper length:
/// 148, 92, 64, and for data 32 plus what follows. Everything behind the type is a fixed pattern.
struct WireGuard {
    std::uint8_t type = 4;
    std::array<std::uint8_t, 3> reserved = {0, 0, 0};
    std::optional<std::size_t> length = {}; // of the whole message, at least 4
};

struct Payload {
    Bytes bytes = {};
    Payload() = default;
    explicit Payload(std::string_view text) : bytes(text.begin(), text.end()) {}
    explicit Payload(Bytes content) : bytes(std::move(content)) {}
    /// `count` bytes 0, 1, 2, ... 255, 0, ...
    static Payload pattern(std::size_t count);
};

using Layer = std::variant<Ethernet, Vlan, Ipv4, Ipv6, Ipv6Options, Ipv6Fragment, Udp, Tcp, Icmp,
                           Icmpv6, NeighborSolicit, NeighborAdvert, Arp, Vxlan, WireGuard, Payload>;

/// Layers from the outside in. A value.
class Packet {
  public:
    Packet();
    template <typename T>
    requires std::constructible_from<Layer, T> Packet(T layer)
        : Packet() { // NOLINT: implicit so that a single layer is a packet
        add(Layer(std::in_place_type<T>, std::move(layer)));
    }
    // Out of line: inlined copies of the variant make g++ 12 warn of null pointers that cannot be.
    Packet(const Packet &);
    Packet(Packet &&) noexcept;
    Packet &operator=(const Packet &);
    Packet &operator=(Packet &&) noexcept;
    ~Packet();

    [[nodiscard]] Bytes bytes() const;
    [[nodiscard]] std::size_t size() const { return bytes().size(); }

    friend Packet operator/(Packet outer, const Packet &inner);

  private:
    void add(Layer &&layer);
    std::vector<Layer> layers_;
};

Packet operator/(Packet outer, const Packet &inner);

/// RFC 1071 sum of big-endian 16-bit words, complemented, host order.
std::uint16_t internet_checksum(std::span<const std::uint8_t> data, std::uint32_t start = 0);

/// What the TCP checksum field holds while the device or the kernel is to complete it: the sum of the
/// pseudo header, not complemented.
std::uint16_t pseudo_checksum(const Ip &src, const Ip &dst, std::uint8_t protocol,
                              std::size_t segment_bytes);

Bytes hex(std::string_view digits);
std::string hexdump(std::span<const std::uint8_t> data);
/// "" when equal; otherwise both lengths and the first 16-byte lines that differ.
std::string hexdump_diff(std::span<const std::uint8_t> expected,
                         std::span<const std::uint8_t> found);

} // namespace coax::test
