// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/frames.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "bpf/world.h"

namespace coax::fuzz {

using test::Arp;
using test::Ethernet;
using test::Ipv4;
using test::Ipv6;
using test::Packet;
using test::Payload;
using test::Tcp;
using test::Udp;
using test::Vlan;

test::Ip ip_of(const Address &address) {
    std::array<char, INET6_ADDRSTRLEN> out{};
    const bool v4 = is_v4(address);
    inet_ntop(v4 ? AF_INET : AF_INET6, &address[v4 ? 12 : 0], out.data(), out.size());
    return out.data();
}

namespace {

/// An address the guard lets this port use, if it has one.
std::optional<Address> guarded_address(Random &random, const Tables &tables,
                                       std::uint32_t ifindex) {
    std::vector<Address> own;
    for (const auto &[owner, address] : tables.guard_ips)
        if (owner == ifindex)
            own.push_back(address);
    return own.empty() ? std::nullopt : std::optional(random.pick(own));
}

/// Mostly what the sender may use: the guard's, fe80::/64 of its MAC; else any other.
Address source_address(Random &random, const Tables &tables, const Sender &sender) {
    const auto own = guarded_address(random, tables, sender.ifindex);
    if (own && random.chance(85))
        return *own;
    if (!random.chance(10))
        return random.chance(50) ? pool::some_ipv4(random) : pool::some_ipv6(random);
    Address local = test::Ip("fe80::ff:fe00:0").mapped();
    local[8] = sender.mac[0] ^ 2U;
    std::copy_n(&sender.mac[1], 2, &local[9]);
    std::copy_n(&sender.mac[3], 3, &local[13]);
    return local;
}

Bytes some_options(Random &random) {
    Bytes options;
    const std::size_t bytes = 4 * random.below(11);
    while (options.size() < bytes) {
        const auto kind = random.pick({0, 1, 1, 1, 2, 2, 3, 4, 8});
        options.push_back(static_cast<std::uint8_t>(kind));
        if (kind < 2 || options.size() == bytes)
            continue;
        const std::size_t length =
            random.chance(85) ? (kind == 2 ? 4 : random.between(2, 10)) : random.below(12);
        options.push_back(static_cast<std::uint8_t>(length));
        for (std::size_t i = 2; i < length && options.size() < bytes; ++i)
            options.push_back(random.byte());
    }
    return options;
}

Tcp some_tcp(Random &random) {
    Tcp tcp{.sport = random.word(), .dport = random.word()};
    tcp.flags = random.chance(50) ? test::kTcpSyn : random.byte();
    if (random.chance(40))
        tcp.mss = static_cast<std::uint16_t>(random.pick({0, 500, 1220, 1350, 1460, 8960, 65535}));
    else
        tcp.options = some_options(random);
    if (random.chance(5))
        tcp.header_words = static_cast<std::uint8_t>(random.below(16));
    if (random.chance(5))
        tcp.checksum = random.word();
    return tcp;
}

Packet some_icmp(Random &random, const Tables &tables, const Sender &sender) {
    if (random.chance(30))
        return test::Icmp{.type = random.pick<std::uint8_t>({0, 3, 5, 8, 11, 13})};
    if (random.chance(30))
        return test::Icmpv6{.type = random.pick<std::uint8_t>({1, 2, 128, 129, 134, 135, 137})};
    const auto own = guarded_address(random, tables, sender.ifindex);
    const Address v6 = own && !is_v4(*own) && random.chance(60) ? *own : pool::some_ipv6(random);
    if (random.chance(30))
        return test::NeighborSolicit{.target = ip_of(v6)};
    return test::NeighborAdvert{.target = ip_of(v6), .link_layer = pool::some_mac(random)};
}

Packet some_arp(Random &random, const Tables &tables, const Sender &sender) {
    Address address = source_address(random, tables, sender);
    if (!is_v4(address))
        address = pool::some_ipv4(random);
    return Arp{.op = random.pick<std::uint16_t>({1, 2, 3}),
               .sender = random.chance(85) ? sender.mac : pool::some_mac(random),
               .sender_ip = ip_of(address),
               .hardware = random.pick<std::uint16_t>({1, 1, 1, 1, 1, 1, 6})} /
           (random.chance(70) ? Packet(Payload(Bytes(18))) : Packet(Payload()));
}

Mac some_destination(Random &random, const Tables &tables) {
    if (!tables.fdb.empty() && random.chance(70))
        return random.pick(tables.fdb).first.second;
    if (random.chance(40))
        return test::kBroadcast;
    if (random.chance(30))
        return {0x33, 0x33, 0, 0, 0, random.byte()};
    if (random.chance(10))
        return {0x01, 0x80, 0xc2, 0, 0, static_cast<std::uint8_t>(random.below(0x20))};
    return pool::some_mac(random);
}

} // namespace

Packet some_payload(Random &random) {
    static constexpr std::array<std::size_t, 7> kEdges = {512, 576, 1280, 1390, 1450, 1500, 3000};
    std::size_t bytes = random.below(64);
    if (random.chance(35)) // around an MTU, with and without the headers before it
        bytes = random.pick(kEdges) - random.below(80);
    else if (random.chance(5))
        bytes = random.below(3400);
    Bytes content(bytes);
    const std::uint8_t first = random.byte();
    for (std::size_t i = 0; i < bytes; ++i)
        content[i] = static_cast<std::uint8_t>(first + i * 7);
    return Payload(content);
}

Packet some_ip(Random &random, const Address &source) {
    if (is_v4(source)) {
        Ipv4 ip{.src = ip_of(source), .dst = ip_of(pool::some_ipv4(random)), .tos = random.byte()};
        ip.frag = random.pick<std::uint16_t>({0, 0, 0, 0x4000, 0x4000, 0x2000, 0x2010, 1, 185});
        if (random.chance(15))
            ip.options = Bytes(4 * random.between(1, 10), 1);
        if (random.chance(4))
            ip.version_ihl = random.byte();
        return ip;
    }
    Packet packet = Ipv6{.src = ip_of(source),
                         .dst = ip_of(pool::some_ipv6(random)),
                         .flow = static_cast<std::uint32_t>(random.next() & 0xfffffffU)};
    for (std::size_t i = random.chance(30) ? random.between(1, 6) : 0; i > 0; --i) {
        if (random.chance(15))
            packet = packet / test::Ipv6Fragment{
                                  .offset_bytes = static_cast<std::uint16_t>(8 * random.below(3)),
                                  .more = random.chance(50)};
        else
            packet = packet / test::Ipv6Options{.kind = random.pick<std::uint8_t>({0, 43, 60, 60})};
    }
    return packet;
}

Packet some_transport(Random &random) {
    if (random.chance(55))
        return some_tcp(random);
    if (random.chance(70)) {
        const bool dhcp = random.chance(15);
        return Udp{.sport = dhcp ? std::uint16_t{68} : random.word(),
                   .dport = dhcp ? std::uint16_t{67} : random.word()};
    }
    return random.chance(50) ? Packet(test::Icmp{}) : Packet(test::Icmpv6{});
}

Packet inner_frame(Random &random, const Tables &tables, const Sender &sender) {
    Ethernet eth{.dst = some_destination(random, tables), .src = sender.mac};
    if (random.chance(3))
        eth.type = random.word();
    Packet head = eth;
    for (std::size_t i = random.chance(12) ? random.between(1, 3) : 0; i > 0; --i)
        head = head / Vlan{.tci = random.word(),
                           .tpid = random.chance(70) ? test::kTypeVlan : test::kTypeQinq};
    if (random.chance(15))
        return head / some_arp(random, tables, sender);
    if (random.chance(8))
        return head / some_payload(random);
    const Packet ip = some_ip(random, source_address(random, tables, sender));
    const Packet payload = some_payload(random);
    if (random.chance(12))
        return head / ip / some_icmp(random, tables, sender) / payload;
    return head / ip / some_transport(random) / payload;
}

} // namespace coax::fuzz
