// SPDX-License-Identifier: Apache-2.0
// The port under test: kPortMac with kPortIp and kPortIp6 on network kVni, source IPs guarded.
#pragma once

#include "bpf/program_test.h"
#include "bpf/world.h"
#include "tc_port.skel.h"

namespace coax::test {

constexpr std::uint32_t kShot = 2;     // TC_ACT_SHOT
constexpr std::uint32_t kStolen = 4;   // TC_ACT_STOLEN
constexpr std::uint32_t kRedirect = 7; // TC_ACT_REDIRECT

class TcPortTest : public ProgramTest<tc_port> {
  protected:
    TcPortTest() : ProgramTest(COAX_HOOK_TC_PORT, "tc_port") {}

    void fill() override;
    void set_port(std::uint32_t vni, std::uint8_t flags) const;
    void set_network(std::uint32_t vni, const coax_network &network) const {
        program().put("coax_networks", vni, network);
    }
    /// Runs on this port's interface.
    [[nodiscard]] RunResult run(const Packet &packet, RunContext context = {}) const;
    void run_row(Row row) const;
    /// Runs, and expects the frame (or `carried`, what it becomes) encapsulated to node 2.
    void expect_encapsulated(const Packet &frame, const Expect &expect, const Packet &carried,
                             RunContext context = {}) const;

    VethPair port_ = add_veth("port");
    LaneIndices lanes_;
};

/// Source port of an encapsulated frame: bytes 34 and 35.
std::uint16_t outer_sport(const Bytes &frame);

// Frames of the port to the remote endpoint.
Packet frame_to(const Mac &dst, const Packet &rest);
inline Packet to_remote(const Packet &rest) {
    return frame_to(kRemoteMac, rest);
}
/// The family's IP header from the port to the remote endpoint.
Packet ip_to_remote(const Family &family);

inline Expect dropped(coax_drop_reason reason) {
    return {.verdict = kShot, .drop = reason};
}

} // namespace coax::test
