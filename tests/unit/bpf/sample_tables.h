// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>

#include "lib/bpf/datapath.h"

namespace coax::test {

/// VTEP of node `id` in 100.64.0.0/10, network order.
inline std::uint32_t vtep_be(std::uint32_t id) {
    return htonl(0x64400000U + id);
}

inline coax_fdb_key fdb_key(std::uint32_t vni, std::uint8_t last) {
    return {vni, {0x02, 0x00, 0x5e, 0x00, 0x53, last}, {}};
}

inline coax_target to_node(std::uint32_t id) {
    coax_target target{};
    target.kind = COAX_TARGET_NODE;
    target.lanes = 1;
    target.vtep_be = vtep_be(id);
    return target;
}

inline coax_settings sample_settings() {
    coax_settings settings{};
    settings.self_vtep_be = vtep_be(1);
    settings.vtep_pool_be = vtep_be(0);
    settings.vtep_mask_be = htonl(0xffc00000U);
    settings.lanes = 1;
    settings.lane_ifindex[0] = 5;
    settings.listen_port_be[0] = htons(51820);
    settings.vxlan_port_be = htons(4789);
    return settings;
}

inline coax_second sample_second() {
    coax_second second{};
    second.vtep_bit_be = htonl(1U << 21U);
    second.lane_ifindex[0] = 6;
    second.listen_port_be[0] = htons(51830);
    return second;
}

/// One entry in every table (two in the FDB): network 100, port 7, node 2.
inline DatapathTables sample_tables() {
    DatapathTables tables;
    tables.settings = sample_settings();
    tables.second = sample_second();
    tables.ports[7] = {100, 0x1234, {0x02, 0x00, 0x5e, 0x00, 0x53, 0x01}, 0, {}};
    tables.guard_macs[{7, {0x02, 0x00, 0x5e, 0x00, 0x53, 0x03}, {}}] = 1;
    tables.guard_ips[{7, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}] = 1;
    tables.networks[100] = {COAX_NETWORK_FLOOD | COAX_NETWORK_LEARN, 1390, 0, 1, 1000, 1024};
    tables.nodes[vtep_be(2)] = {2, 1};
    tables.paths[vtep_be(2)] = {COAX_PATH_TO_SECOND};
    tables.members[{vtep_be(2), 100}] = {2, 1};
    tables.flood[{100, 0}] = to_node(2);
    tables.static_fdb[fdb_key(100, 1)] = {{COAX_TARGET_PORT_PEER, 0, {}, 7, 0}, COAX_FDB_STATIC, 0};
    tables.static_fdb[fdb_key(100, 2)] = {to_node(2), COAX_FDB_STATIC, 0};
    tables.subnets[{120, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0}}] = 1;
    return tables;
}

} // namespace coax::test
