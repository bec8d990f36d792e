// SPDX-License-Identifier: Apache-2.0
// xdp_uplink: the rows of uplink_rows.h for what arrives, and jumbo frames in several buffers.
#include <cerrno>

#include "bpf/uplink_rows.h"
#include "xdp_uplink.skel.h"

namespace coax::test {
namespace {

constexpr Uplink kUplink = {.receive = true, .pass = 2, .drop = 1}; // XDP_PASS, XDP_DROP

class XdpUplink : public ProgramTest<xdp_uplink>, public testing::WithParamInterface<Row> {
  protected:
    XdpUplink() : ProgramTest(COAX_HOOK_XDP_UPLINK, "xdp_uplink") {}

    void fill() override { fill_uplink(program()); }
    void set_flags(std::uint32_t flags) {
        program().put("coax_settings", 0U, world_settings({}, flags));
    }
};

TEST_P(XdpUplink, row) {
    run_and_check(GetParam());
}

INSTANTIATE_TEST_SUITE_P(WireGuard, XdpUplink, testing::ValuesIn(wireguard_rows(kUplink)),
                         RowName());
INSTANTIATE_TEST_SUITE_P(WireGuardHeaders, XdpUplink,
                         testing::ValuesIn(wireguard_header_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(WireGuardFragments, XdpUplink,
                         testing::ValuesIn(wireguard_fragment_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(Vxlan, XdpUplink, testing::ValuesIn(vxlan_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(Overlay, XdpUplink, testing::ValuesIn(overlay_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(Neighbour, XdpUplink, testing::ValuesIn(neighbour_rows(kUplink)),
                         RowName());
INSTANTIATE_TEST_SUITE_P(Other, XdpUplink, testing::ValuesIn(other_rows(kUplink)), RowName());

class XdpUplinkOwnVxlan : public XdpUplink {};

TEST_P(XdpUplinkOwnVxlan, row) {
    set_flags(0);
    run_and_check(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Vxlan, XdpUplinkOwnVxlan, testing::ValuesIn(own_vxlan_rows(kUplink)),
                         RowName());

class XdpUplinkState : public XdpUplink {};

TEST_F(XdpUplinkState, guards_subnets_only_when_told) {
    set_flags(COAX_SETTINGS_DROP_ALL_VXLAN);
    run_and_check({"", Ethernet{} / Ipv4{.src = kPortIp} / Udp{}, kUplink.passes()});
    run_and_check({"", Ethernet{} / Ipv6{.src = kPortIp6} / Udp{}, kUplink.passes()});
    run_and_check(
        {"", Ethernet{} / Ipv4{.src = kSelfVtep} / Udp{}, kUplink.drops(COAX_DROP_CLEAR_OVERLAY)});
}

TEST_F(XdpUplinkState, knows_no_second_ports_while_there_are_no_second_keys) {
    program().put("coax_second", 0U, coax_second{});
    for (const Row &row : wireguard_rows(kUplink))
        if (row.name.find("_second_keys") != std::string::npos) {
            SCOPED_TRACE(row.name);
            run_and_check({"", row.packet, kUplink.passes()});
        }
}

TEST_F(XdpUplinkState, passes_everything_while_there_are_no_settings) {
    program().put("coax_settings", 0U, coax_settings{});
    for (const auto &rows : {wireguard_rows(kUplink), vxlan_rows(kUplink), overlay_rows(kUplink)})
        for (const Row &row : rows) {
            SCOPED_TRACE(row.name);
            run_and_check({"", row.packet, kUplink.passes()});
        }
}

TEST_F(XdpUplinkState, passes_other_packets_cut_at_every_length) {
    for (const Row &row : other_rows(kUplink)) {
        SCOPED_TRACE(row.name);
        const Bytes whole = row.packet.bytes();
        for (std::size_t length = 14; length < whole.size(); ++length) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
            const RunResult result = program().run(cut);
            if (result.error != EINVAL) // TEST_RUN refuses what lacks the header it promises
                check(result, cut, kUplink.passes());
        }
    }
}

TEST_F(XdpUplinkState, drops_a_vtep_in_whatever_is_left_of_a_packet) {
    const Bytes whole = (Ethernet{} / outer({}, Ethernet{} / Payload::pattern(46))).bytes();
    for (std::size_t length = 14 + 20; length <= whole.size(); ++length) {
        SCOPED_TRACE(length);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        const bool udp = length >= 14 + 20 + 8;
        check(program().run(cut), cut,
              kUplink.drops(udp ? COAX_DROP_CLEAR_VXLAN : COAX_DROP_CLEAR_OVERLAY));
    }
}

TEST_F(XdpUplinkState, guards_jumbo_frames) {
    const Packet ip = Ethernet{} / Ipv4{.src = "198.51.100.2", .dst = "198.51.100.1"};
    run_and_check({"", ip / kUplink.udp(kListenPort) / WireGuard{.type = 4, .length = 8900},
                   kUplink.passes_as_wireguard()});
    run_and_check({"", ip / kUplink.udp(kListenPort) / WireGuard{.type = 5, .length = 8900},
                   kUplink.drops(COAX_DROP_WG_SHAPE)});
    run_and_check({"", ip / Udp{.dport = kVxlanPort} / Vxlan{.vni = kVni} / Payload::pattern(8900),
                   kUplink.drops(COAX_DROP_CLEAR_VXLAN)});
    run_and_check({"", ip / Udp{} / Payload::pattern(8900), kUplink.passes()});
}

} // namespace
} // namespace coax::test
