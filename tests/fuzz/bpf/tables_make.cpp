// SPDX-License-Identifier: Apache-2.0
// Made-up tables: small pools, so that what one table names the others often name too.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "bpf/world.h"
#include "fuzz/bpf/tables.h"

namespace coax::fuzz {

namespace pool {

Mac some_mac(Random &random) {
    return test::mac(static_cast<std::uint8_t>(random.between(1, 9)));
}

std::uint32_t some_vni(Random &random) {
    return random.pick({COAX_VNI_MIN, 100, 200, COAX_VNI_MAX});
}

std::uint32_t vtep(std::uint32_t node) {
    return htonl(0x64400001U + node); // 100.64.0.1 and on
}

std::uint32_t second_of(std::uint32_t vtep_be) {
    return vtep_be | test::Ip(test::kVtepBit).v4_be();
}

std::uint32_t some_vtep(Random &random) {
    return vtep(static_cast<std::uint32_t>(random.between(1, 5)));
}

Address some_ipv4(Random &random) {
    Address address = test::Ip("192.0.2.0").mapped();
    if (random.chance(20))
        address = test::Ip(random.pick({"100.64.0.2", "198.51.100.0", "0.0.0.0", "224.0.0.1",
                                        "255.255.255.255", "127.0.0.1", "100.127.255.255"}))
                      .mapped();
    else
        address[15] = static_cast<std::uint8_t>(random.between(1, 9));
    return address;
}

Address some_ipv6(Random &random) {
    Address address = test::Ip("2001:db8:1::").mapped();
    if (random.chance(20))
        address = test::Ip(random.pick({"::", "ff02::1", "fe80::1", "2001:db8:ffff::1",
                                        "::ffff:192.0.2.1", "fe80::5eff:fe00:5301"}))
                      .mapped();
    else
        address[15] = static_cast<std::uint8_t>(random.between(1, 9));
    return address;
}

} // namespace pool

namespace {

coax_settings some_settings(Random &random, const Devices &devices, bool decap_l3) {
    coax_settings settings = test::world_settings(
        {.first = devices.lanes[0], .second = devices.lanes[1], .handover = devices.handover});
    if (random.chance(50))
        settings.flags |= COAX_SETTINGS_DROP_ALL_VXLAN;
    if (random.chance(60))
        settings.flags |= COAX_SETTINGS_GUARD_SUBNETS;
    if (decap_l3 && random.chance(70))
        settings.flags |= COAX_SETTINGS_DECAP_L3;
    if (random.chance(1))
        settings.lanes = 0;
    if (random.chance(10)) { // the second lane is gone
        settings.lane_ifindex[1] = 0;
        settings.listen_port_be[1] = 0;
    }
    return settings;
}

coax_second some_second(Random &random, const Devices &devices) {
    coax_second second =
        test::world_second({.first = devices.second_lanes[0], .second = devices.second_lanes[1]});
    if (random.chance(10))
        return {};
    if (random.chance(10)) // lanes that nobody has an address for
        second.vtep_bit_be = 0;
    if (random.chance(10))
        second.lane_ifindex[0] = 0;
    if (random.chance(10)) {
        second.lane_ifindex[1] = 0;
        second.listen_port_be[1] = 0;
    }
    return second;
}

coax_network some_network(Random &random) {
    coax_network network = test::world_network(0);
    if (random.chance(80))
        network.flags |= COAX_NETWORK_FLOOD;
    if (random.chance(80))
        network.flags |= COAX_NETWORK_LEARN;
    network.mtu = static_cast<std::uint32_t>(random.pick({576, 1280, 1390, 1450, 3000, 65475}));
    network.flood_pps =
        static_cast<std::uint32_t>(random.pick({0, 1000, 1000, 1000, 1000, 1000, 1000, 1000}));
    network.learn_limit = static_cast<std::uint32_t>(random.pick({0, 2, 1000, 1000}));
    return network;
}

coax_target some_port(Random &random, const Devices &devices) {
    const auto kind = random.chance(50) ? COAX_TARGET_PORT_PEER : COAX_TARGET_PORT_EGRESS;
    return test::to_port(random.chance(90) ? random.pick(devices.ports) : devices.absent, kind);
}

coax_target some_node(Random &random) {
    coax_target target{};
    target.kind = COAX_TARGET_NODE;
    target.lanes = static_cast<std::uint8_t>(random.pick({1, 1, 2, 2, 3}));
    target.vtep_be = pool::some_vtep(random);
    return target;
}

void add_ports(Tables &tables, Random &random, const Devices &devices) {
    for (const std::uint32_t ifindex : devices.ports) {
        if (random.chance(2))
            continue;
        const Mac mac = pool::some_mac(random);
        auto flags = static_cast<std::uint8_t>(random.below(4));
        tables.ports[ifindex] = test::port_entry(pool::some_vni(random), mac, flags);
        if (random.chance(95))
            tables.port_states.insert(ifindex);
        for (std::size_t i = random.below(4); i > 0; --i)
            tables.guard_macs.insert({ifindex, pool::some_mac(random)});
        for (std::size_t i = random.below(6); i > 0; --i)
            tables.guard_ips.insert({ifindex, pool::some_ipv4(random)});
        for (std::size_t i = random.below(6); i > 0; --i)
            tables.guard_ips.insert({ifindex, pool::some_ipv6(random)});
    }
}

void add_network(Tables &tables, Random &random, const Devices &devices, std::uint32_t vni) {
    coax_network network = some_network(random);
    network.local_targets = static_cast<std::uint32_t>(random.below(4));
    network.remote_targets = static_cast<std::uint32_t>(random.below(5));
    for (std::uint32_t i = 0; i < network.local_targets; ++i)
        if (random.chance(95))
            tables.flood[{vni, i}] = some_port(random, devices);
    for (std::uint32_t i = 0; i < network.remote_targets; ++i)
        if (random.chance(95))
            tables.flood[{vni, COAX_FLOOD_REMOTE_FIRST + i}] = some_node(random);
    tables.networks[vni] = network;
    if (random.chance(90))
        tables.learned[vni] = static_cast<std::uint32_t>(random.below(4));
}

void add_fdb(Tables &tables, Random &random, const Devices &devices) {
    for (std::size_t i = random.between(2, 24); i > 0; --i) {
        const bool port = random.chance(50);
        coax_fdb_entry entry{};
        entry.target = port ? some_port(random, devices) : some_node(random);
        entry.flags = port || random.chance(40) ? COAX_FDB_STATIC : 0;
        tables.fdb[{pool::some_vni(random), pool::some_mac(random)}] = entry;
    }
}

void add_nodes(Tables &tables, Random &random) {
    for (std::uint32_t node = 1; node <= 5; ++node) {
        const std::uint32_t vtep = pool::vtep(node);
        const auto lanes = static_cast<std::uint32_t>(random.between(1, 3));
        if (random.chance(95))
            tables.nodes[vtep] = {.node_id = node, .lanes = lanes};
        if (random.chance(95))
            tables.controls.insert(vtep);
        if (random.chance(90)) // sent long ago
            tables.probes[vtep] = {.sequence = random.below(4), .sent_ns = random.below(1000)};
        if (random.chance(70))
            tables.paths[vtep] = {.flags = static_cast<std::uint32_t>(random.below(4))};
        if (random.chance(90))
            tables.reports.insert(vtep);
        for (const std::uint32_t vni : {1U, 100U, 200U, static_cast<std::uint32_t>(COAX_VNI_MAX)})
            if (tables.nodes.contains(vtep) && random.chance(85))
                tables.members[{vtep, vni}] = {.node_id = node, .lanes = lanes};
    }
}

void add_subnets(Tables &tables, Random &random) {
    if (random.chance(70))
        tables.subnets.push_back(test::subnet_key("192.0.2.0", random.pick({24U, 29U, 32U})));
    if (random.chance(70))
        tables.subnets.push_back(test::subnet_key("2001:db8:1::", random.pick({64U, 125U})));
    if (random.chance(20))
        tables.subnets.push_back(test::subnet_key("203.0.113.128", 25));
}

} // namespace

Tables make_tables(Random &random, const Devices &devices, bool decap_l3) {
    Tables tables;
    tables.settings = some_settings(random, devices, decap_l3);
    tables.second = some_second(random, devices);
    add_ports(tables, random, devices);
    for (const std::uint32_t vni : {1U, 100U, 200U, static_cast<std::uint32_t>(COAX_VNI_MAX)})
        if (random.chance(96))
            add_network(tables, random, devices, vni);
    add_fdb(tables, random, devices);
    add_nodes(tables, random);
    add_subnets(tables, random);
    return tables;
}

} // namespace coax::fuzz
