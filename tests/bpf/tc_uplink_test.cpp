// SPDX-License-Identifier: Apache-2.0
// tc_uplink: the rows of uplink_rows.h for what leaves.
#include <cerrno>

#include "bpf/uplink_rows.h"
#include "tc_uplink.skel.h"

namespace coax::test {
namespace {

constexpr Uplink kUplink = {
    .receive = false, .pass = 0xffffffff, .drop = 2}; // TC_ACT_UNSPEC, TC_ACT_SHOT

class TcUplink : public ProgramTest<tc_uplink>, public testing::WithParamInterface<Row> {
  protected:
    TcUplink() : ProgramTest(COAX_HOOK_TC_UPLINK, "tc_uplink") {}

    void fill() override { fill_uplink(program()); }
    void set_flags(std::uint32_t flags) {
        program().put("coax_settings", 0U, world_settings({}, flags));
    }
};

TEST_P(TcUplink, row) {
    run_and_check(GetParam());
}

INSTANTIATE_TEST_SUITE_P(WireGuard, TcUplink, testing::ValuesIn(wireguard_rows(kUplink)),
                         RowName());
INSTANTIATE_TEST_SUITE_P(WireGuardHeaders, TcUplink,
                         testing::ValuesIn(wireguard_header_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(WireGuardFragments, TcUplink,
                         testing::ValuesIn(wireguard_fragment_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(Vxlan, TcUplink, testing::ValuesIn(vxlan_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(Overlay, TcUplink, testing::ValuesIn(overlay_rows(kUplink)), RowName());
INSTANTIATE_TEST_SUITE_P(Neighbour, TcUplink, testing::ValuesIn(neighbour_rows(kUplink)),
                         RowName());
INSTANTIATE_TEST_SUITE_P(Other, TcUplink, testing::ValuesIn(other_rows(kUplink)), RowName());

class TcUplinkOwnVxlan : public TcUplink {};

TEST_P(TcUplinkOwnVxlan, row) {
    set_flags(0);
    run_and_check(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Vxlan, TcUplinkOwnVxlan, testing::ValuesIn(own_vxlan_rows(kUplink)),
                         RowName());

class TcUplinkState : public TcUplink {};

TEST_F(TcUplinkState, guards_subnets_only_when_told) {
    set_flags(COAX_SETTINGS_DROP_ALL_VXLAN);
    run_and_check({"", Ethernet{} / Ipv4{.src = kPortIp} / Udp{}, kUplink.passes()});
    run_and_check({"", Ethernet{} / Ipv6{.src = kPortIp6} / Udp{}, kUplink.passes()});
    run_and_check(
        {"", Ethernet{} / Ipv4{.src = kSelfVtep} / Udp{}, kUplink.drops(COAX_DROP_CLEAR_OVERLAY)});
}

TEST_F(TcUplinkState, knows_no_second_ports_while_there_are_no_second_keys) {
    program().put("coax_second", 0U, coax_second{});
    for (const Row &row : wireguard_rows(kUplink))
        if (row.name.find("_second_keys") != std::string::npos) {
            SCOPED_TRACE(row.name);
            run_and_check({"", row.packet, kUplink.passes()});
        }
}

TEST_F(TcUplinkState, passes_everything_while_there_are_no_settings) {
    program().put("coax_settings", 0U, coax_settings{});
    for (const auto &rows : {wireguard_rows(kUplink), vxlan_rows(kUplink), overlay_rows(kUplink)})
        for (const Row &row : rows) {
            SCOPED_TRACE(row.name);
            run_and_check({"", row.packet, kUplink.passes()});
        }
}

TEST_F(TcUplinkState, passes_other_packets_cut_at_every_length) {
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

TEST_F(TcUplinkState, drops_a_vtep_in_whatever_is_left_of_a_packet) {
    const Bytes whole = (Ethernet{} / outer({}, Ethernet{} / Payload::pattern(46))).bytes();
    for (std::size_t length = 14 + 20; length <= whole.size(); ++length) {
        SCOPED_TRACE(length);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        const bool udp = length >= 14 + 20 + 8;
        check(program().run(cut), cut,
              kUplink.drops(udp ? COAX_DROP_CLEAR_VXLAN : COAX_DROP_CLEAR_OVERLAY));
    }
}

} // namespace
} // namespace coax::test
