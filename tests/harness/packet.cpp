// SPDX-License-Identifier: Apache-2.0
#include "harness/packet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace coax::test {

namespace {

constexpr std::uint8_t kProtoIcmp = 1;
constexpr std::uint8_t kProtoTcp = 6;
constexpr std::uint8_t kProtoUdp = 17;
constexpr std::uint8_t kProtoFragment = 44;
constexpr std::uint8_t kProtoIcmpv6 = 58;
constexpr std::uint8_t kProtoNone = 59;

void put8(Bytes &out, std::uint8_t value) {
    out.push_back(value);
}
void put16(Bytes &out, std::uint32_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8U));
    out.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes &out, std::uint32_t value) {
    put16(out, value >> 16U);
    put16(out, value);
}
template <typename Range>
void put(Bytes &out, const Range &range) {
    out.insert(out.end(), range.begin(), range.end());
}
void set16(Bytes &out, std::size_t at, std::uint16_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(value);
}

/// What a layer must know of its neighbours.
struct Context {
    const Layer *next = nullptr;
    // Addresses of the nearest enclosing IP header, for the pseudo header; absent outside IP.
    std::optional<Ip> src = {};
    std::optional<Ip> dst = {};
};

std::uint16_t ethertype_of(const Layer *layer) {
    if (layer == nullptr)
        return kTypeUnknown;
    if (std::holds_alternative<Ipv4>(*layer))
        return kTypeIpv4;
    if (std::holds_alternative<Ipv6>(*layer))
        return kTypeIpv6;
    if (std::holds_alternative<Arp>(*layer))
        return kTypeArp;
    if (const auto *vlan = std::get_if<Vlan>(layer))
        return vlan->tpid;
    return kTypeUnknown;
}

std::uint8_t protocol_of(const Layer *layer) {
    if (layer == nullptr)
        return kProtoNone;
    if (std::holds_alternative<Udp>(*layer))
        return kProtoUdp;
    if (std::holds_alternative<Tcp>(*layer))
        return kProtoTcp;
    if (std::holds_alternative<Icmp>(*layer))
        return kProtoIcmp;
    if (std::holds_alternative<Ipv6Fragment>(*layer))
        return kProtoFragment;
    if (const auto *options = std::get_if<Ipv6Options>(layer))
        return options->kind;
    if (std::holds_alternative<Payload>(*layer))
        return kProtoNone;
    return kProtoIcmpv6;
}

std::uint32_t sum_words(std::span<const std::uint8_t> data, std::uint32_t sum) {
    for (std::size_t i = 0; i < data.size(); i += 2) {
        const std::uint32_t low = i + 1 < data.size() ? data[i + 1] : 0;
        sum += (static_cast<std::uint32_t>(data[i]) << 8U) | low;
    }
    return sum;
}

/// Checksum of `segment` behind the pseudo header of the enclosing IP header.
std::uint16_t transport_checksum(const Context &context, std::uint8_t protocol,
                                 const Bytes &segment) {
    std::uint32_t sum = 0;
    if (context.src)
        sum = sum_words(context.src->bytes(), sum);
    if (context.dst)
        sum = sum_words(context.dst->bytes(), sum);
    sum += protocol + static_cast<std::uint32_t>(segment.size());
    return internet_checksum(segment, sum);
}

Bytes encode(const Ethernet &eth, const Context &context, const Bytes &payload) {
    Bytes out;
    put(out, eth.dst);
    put(out, eth.src);
    put16(out, eth.type.value_or(ethertype_of(context.next)));
    put(out, payload);
    return out;
}

Bytes encode(const Vlan &vlan, const Context &context, const Bytes &payload) {
    Bytes out;
    put16(out, vlan.tci);
    put16(out, vlan.type.value_or(ethertype_of(context.next)));
    put(out, payload);
    return out;
}

Bytes encode(const Ipv4 &ip, const Context &context, const Bytes &payload) {
    const std::size_t header = 20 + ip.options.size();
    Bytes out;
    put8(out, ip.version_ihl.value_or(static_cast<std::uint8_t>(0x40U | (header / 4))));
    put8(out, ip.tos);
    put16(out, ip.total_length.value_or(static_cast<std::uint16_t>(header + payload.size())));
    put16(out, ip.id);
    put16(out, ip.frag);
    put8(out, ip.ttl);
    put8(out, ip.protocol.value_or(protocol_of(context.next)));
    put16(out, 0);
    put(out, ip.src.bytes());
    put(out, ip.dst.bytes());
    put(out, ip.options);
    set16(out, 10, ip.checksum.value_or(internet_checksum(out)));
    put(out, payload);
    return out;
}

Bytes encode(const Ipv6 &ip, const Context &context, const Bytes &payload) {
    Bytes out;
    put32(out, 0x60000000U | (ip.flow & 0x0fffffffU));
    put16(out, ip.payload_length.value_or(static_cast<std::uint16_t>(payload.size())));
    put8(out, ip.next_header.value_or(protocol_of(context.next)));
    put8(out, ip.hop_limit);
    put(out, ip.src.bytes());
    put(out, ip.dst.bytes());
    put(out, payload);
    return out;
}

Bytes encode(const Ipv6Options &options, const Context &context, const Bytes &payload) {
    Bytes out;
    put8(out, options.next_header.value_or(protocol_of(context.next)));
    put8(out, 0);       // length: 8 bytes
    put16(out, 0x0104); // PadN of four bytes
    put32(out, 0);
    put(out, payload);
    return out;
}

Bytes encode(const Ipv6Fragment &fragment, const Context &context, const Bytes &payload) {
    Bytes out;
    put8(out, fragment.next_header.value_or(protocol_of(context.next)));
    put8(out, 0);
    put16(out, (fragment.offset_bytes & 0xfff8U) | (fragment.more ? 1U : 0U));
    put32(out, fragment.id);
    put(out, payload);
    return out;
}

Bytes encode(const Udp &udp, const Context &context, const Bytes &payload) {
    Bytes out;
    put16(out, udp.sport);
    put16(out, udp.dport);
    put16(out, udp.length.value_or(static_cast<std::uint16_t>(8 + payload.size())));
    put16(out, 0);
    put(out, payload);
    std::uint16_t checksum = transport_checksum(context, kProtoUdp, out);
    if (checksum == 0) // RFC 768: zero means "none"
        checksum = 0xffff;
    set16(out, 6, udp.checksum.value_or(checksum));
    return out;
}

Bytes encode(const Tcp &tcp, const Context &context, const Bytes &payload) {
    const std::size_t header = 20 + (tcp.mss ? 4 : 0) + tcp.options.size();
    Bytes out;
    put16(out, tcp.sport);
    put16(out, tcp.dport);
    put32(out, tcp.seq);
    put32(out, tcp.ack);
    const auto words = tcp.header_words.value_or(static_cast<std::uint8_t>(header / 4));
    put8(out, static_cast<std::uint8_t>(words << 4U));
    put8(out, tcp.flags);
    put16(out, tcp.window);
    put16(out, 0);
    put16(out, 0); // urgent
    if (tcp.mss) {
        put16(out, 0x0204);
        put16(out, *tcp.mss);
    }
    put(out, tcp.options);
    put(out, payload);
    set16(out, 16, tcp.checksum.value_or(transport_checksum(context, kProtoTcp, out)));
    return out;
}

Bytes encode(const Icmp &icmp, const Context &, const Bytes &payload) {
    Bytes out;
    put8(out, icmp.type);
    put8(out, icmp.code);
    put16(out, 0);
    put32(out, icmp.rest);
    put(out, payload);
    set16(out, 2, icmp.checksum.value_or(internet_checksum(out)));
    return out;
}

Bytes encode(const Icmpv6 &icmp, const Context &context, const Bytes &payload) {
    Bytes out;
    put8(out, icmp.type);
    put8(out, icmp.code);
    put16(out, 0);
    put32(out, icmp.rest);
    put(out, payload);
    set16(out, 2, icmp.checksum.value_or(transport_checksum(context, kProtoIcmpv6, out)));
    return out;
}

void put_link_layer_option(Bytes &out, std::uint8_t type, const std::optional<Mac> &address) {
    if (!address)
        return;
    put8(out, type);
    put8(out, 1); // in units of eight bytes
    put(out, *address);
}

Bytes encode(const NeighborSolicit &nd, const Context &context, const Bytes &payload) {
    Bytes body;
    put(body, nd.target.bytes());
    put_link_layer_option(body, 1, nd.link_layer);
    put(body, payload);
    return encode(Icmpv6{.type = 135, .rest = 0, .checksum = nd.checksum}, context, body);
}

Bytes encode(const NeighborAdvert &nd, const Context &context, const Bytes &payload) {
    Bytes body;
    put(body, nd.target.bytes());
    put_link_layer_option(body, 2, nd.link_layer);
    put(body, payload);
    return encode(Icmpv6{.type = 136, .rest = nd.flags, .checksum = nd.checksum}, context, body);
}

Bytes encode(const Arp &arp, const Context &, const Bytes &payload) {
    Bytes out;
    put16(out, arp.hardware);
    put16(out, arp.protocol);
    put8(out, 6);
    put8(out, 4);
    put16(out, arp.op);
    put(out, arp.sender);
    put(out, arp.sender_ip.bytes());
    put(out, arp.target);
    put(out, arp.target_ip.bytes());
    put(out, payload);
    return out;
}

Bytes encode(const Vxlan &vxlan, const Context &, const Bytes &payload) {
    Bytes out;
    put32(out, (static_cast<std::uint32_t>(vxlan.flags) << 24U) | (vxlan.reserved & 0xffffffU));
    put32(out, (vxlan.vni << 8U) | vxlan.reserved2);
    put(out, payload);
    return out;
}

Bytes encode(const WireGuard &wg, const Context &, const Bytes &payload) {
    static constexpr std::array<std::size_t, 5> kLength = {32, 148, 92, 64, 32};
    Bytes out;
    put8(out, wg.type);
    put(out, wg.reserved);
    const std::size_t length = wg.length.value_or(kLength[wg.type < 5 ? wg.type : 0]);
    for (std::size_t i = 4; i < length; ++i)
        put8(out, static_cast<std::uint8_t>(0xa0U + i));
    put(out, payload);
    return out;
}

Bytes encode(const Payload &content, const Context &, const Bytes &payload) {
    Bytes out = content.bytes;
    put(out, payload);
    return out;
}

Bytes build(const std::vector<Layer> &layers, std::size_t index, Context context) {
    if (index == layers.size())
        return {};
    const Layer &layer = layers[index];
    Context inner = context;
    if (const auto *v4 = std::get_if<Ipv4>(&layer)) {
        inner.src = v4->src;
        inner.dst = v4->dst;
    } else if (const auto *v6 = std::get_if<Ipv6>(&layer)) {
        inner.src = v6->src;
        inner.dst = v6->dst;
    }
    const Bytes payload = build(layers, index + 1, inner);
    context.next = index + 1 < layers.size() ? &layers[index + 1] : nullptr;
    return std::visit([&](const auto &known) { return encode(known, context, payload); }, layer);
}

} // namespace

Ip::Ip(const char *text) {
    if (inet_pton(AF_INET, text, bytes_.data()) == 1) {
        size_ = 4;
    } else if (inet_pton(AF_INET6, text, bytes_.data()) == 1) {
        size_ = 16;
    } else {
        std::fprintf(stderr, "\"%s\" is no IPv4 or IPv6 address\n", text);
        std::abort();
    }
}

std::array<std::uint8_t, 16> Ip::mapped() const {
    if (!is_v4())
        return bytes_;
    std::array<std::uint8_t, 16> out{};
    out[10] = out[11] = 0xff;
    std::copy_n(bytes_.begin(), 4, out.begin() + 12);
    return out;
}

std::uint32_t Ip::v4_be() const {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes_.data(), sizeof(value));
    return value;
}

Payload Payload::pattern(std::size_t count) {
    Payload out;
    out.bytes.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        out.bytes[i] = static_cast<std::uint8_t>(i);
    return out;
}

Packet::Packet() = default;
Packet::Packet(const Packet &) = default;
Packet::Packet(Packet &&) noexcept = default;
Packet &Packet::operator=(const Packet &) = default;
Packet &Packet::operator=(Packet &&) noexcept = default;
Packet::~Packet() = default;

void Packet::add(Layer &&layer) {
    layers_.push_back(std::move(layer));
}

Bytes Packet::bytes() const {
    return build(layers_, 0, {});
}

Packet operator/(Packet outer, const Packet &inner) {
    outer.layers_.insert(outer.layers_.end(), inner.layers_.begin(), inner.layers_.end());
    return outer;
}

std::uint16_t pseudo_checksum(const Ip &src, const Ip &dst, std::uint8_t protocol,
                              std::size_t segment_bytes) {
    std::uint32_t sum = sum_words(dst.bytes(), sum_words(src.bytes(), 0));
    sum += protocol + static_cast<std::uint32_t>(segment_bytes);
    return static_cast<std::uint16_t>(~internet_checksum({}, sum));
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> data, std::uint32_t start) {
    std::uint32_t sum = sum_words(data, start);
    while (sum >> 16U)
        sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

} // namespace coax::test
