// SPDX-License-Identifier: Apache-2.0
// A lane under test: what WireGuard decrypted from node 2 (kRemoteVtep) or node 3 (kThirdVtep).
#pragma once

#include "bpf/program_test.h"
#include "bpf/world.h"
#include "harness/loaded_program.h"
#include "tc_lane.skel.h"

namespace coax::test {

constexpr std::uint32_t kShot = 2;
constexpr std::uint32_t kStolen = 4;
constexpr std::uint32_t kRedirect = 7;

class TcLaneTest : public ProgramTest<tc_lane> {
  protected:
    TcLaneTest() : ProgramTest(COAX_HOOK_TC_LANE, "tc_lane") {}

    void configure(tc_lane &skeleton) override {
        skeleton.rodata->coax_lane_l2_bytes = kTestRunL2Bytes;
    }
    void fill() override;
    void set_network(std::uint32_t vni, const coax_network &network) const {
        program().put("coax_networks", vni, network);
    }
    void set_member(const char *vtep, std::uint32_t vni, std::uint32_t lanes = 1) const;
    [[nodiscard]] RunResult run(const Packet &packet) const {
        return program().run(packet.bytes());
    }

    std::uint32_t port_ifindex_ = 2001;
};

inline Expect lane_drop(coax_drop_reason reason) {
    return {.verdict = kShot, .drop = reason};
}
/// Delivered as `frame`.
inline Expect delivered(const Packet &frame) {
    return {.verdict = kRedirect, .packet = frame, .counters = {{COAX_COUNTER_DECAP, 1}}};
}

/// What node 2 sends, by default to this node: the frame in VXLAN behind TEST_RUN's Ethernet header.
Packet from_node(const Packet &frame, OuterFields fields = {.src = kRemoteVtep, .dst = kSelfVtep});
/// From the remote endpoint to the local port.
Packet inner(const Packet &rest, const Mac &dst = kPortMac, const Mac &src = kRemoteMac);
Packet ip_to_port(const Family &family);

} // namespace coax::test
