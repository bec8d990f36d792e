// SPDX-License-Identifier: Apache-2.0
#include "bpf/tc_lane_test.h"

namespace coax::test {

void TcLaneTest::fill() {
    const BpfRun &maps = program();
    maps.put("coax_settings", 0U, world_settings());
    set_network(kVni, world_network());
    set_network(kQuietVni, world_network(0));
    maps.put("coax_net_learned", kVni, 0U);
    maps.put("coax_net_learned", kQuietVni, 0U);
    for (const char *vtep : {kRemoteVtep, kThirdVtep}) {
        maps.put("coax_nodes", Ip(vtep).v4_be(), coax_node{.node_id = 2, .lanes = 1});
        maps.put("coax_node_control", Ip(vtep).v4_be(), coax_node_control{});
        set_member(vtep, kVni);
    }
    set_member(kRemoteVtep, kQuietVni);
    for (const std::uint32_t vni : {kVni, kQuietVni}) {
        maps.put("coax_fdb", fdb_key(vni, kPortMac),
                 fdb_entry(to_port(port_ifindex_, COAX_TARGET_PORT_PEER), COAX_FDB_STATIC));
        maps.put("coax_fdb", fdb_key(vni, kRemoteMac),
                 fdb_entry(to_node(kRemoteVtep), COAX_FDB_STATIC));
    }
}

void TcLaneTest::set_member(const char *vtep, std::uint32_t vni, std::uint32_t lanes) const {
    program().put("coax_members", coax_member_key{.vtep_be = Ip(vtep).v4_be(), .vni = vni},
                  coax_member{.node_id = 2, .lanes = lanes});
}

Packet from_node(const Packet &frame, OuterFields fields) {
    return Ethernet{.dst = kZeroMac, .src = kZeroMac} / outer(fields, frame);
}

Packet inner(const Packet &rest, const Mac &dst, const Mac &src) {
    return Ethernet{.dst = dst, .src = src} / rest;
}

Packet ip_to_port(const Family &family) {
    return family.header(family.ip(kRemoteIp, kRemoteIp6), family.ip(kPortIp, kPortIp6));
}

} // namespace coax::test
