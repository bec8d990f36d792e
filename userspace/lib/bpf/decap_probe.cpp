// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "lib/base/unique_fd.h"
#include "lib/bpf/datapath.h"

namespace coax {
namespace {

// linux/bpf.h of 6.3; the headers of 6.1 lack it.
constexpr std::int32_t kAdjRoomDecapL3Ipv4 = 1 << 7;

constexpr bpf_insn move(std::uint8_t reg, std::int32_t value) {
    return {
        .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .src_reg = 0, .off = 0, .imm = value};
}
constexpr bpf_insn call(std::int32_t function) {
    return {.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = function};
}
constexpr bpf_insn leave() {
    return {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
}

// return bpf_skb_adjust_room(skb, -COAX_ENCAP_BYTES, BPF_ADJ_ROOM_MAC, DECAP_L3_IPV4);
constexpr std::array kProgram{
    move(BPF_REG_2, -COAX_ENCAP_BYTES),
    move(BPF_REG_3, BPF_ADJ_ROOM_MAC),
    move(BPF_REG_4, kAdjRoomDecapL3Ipv4),
    call(BPF_FUNC_skb_adjust_room),
    leave(),
};

/// An Ethernet frame whose type says IPv4, long enough to be shortened.
std::array<std::uint8_t, 164> ipv4_frame() {
    std::array<std::uint8_t, 164> frame{};
    frame[12] = 0x08;
    frame[14] = 0x45;
    return frame;
}

} // namespace

bool decap_l3_supported() {
    const UniqueFd program(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "coax_probe", "GPL",
                                         kProgram.data(), kProgram.size(), nullptr));
    if (!program.valid())
        return false;
    const auto frame = ipv4_frame();
    LIBBPF_OPTS(bpf_test_run_opts, run);
    run.data_in = frame.data();
    run.data_size_in = frame.size();
    return bpf_prog_test_run_opts(program.get(), &run) == 0 && run.retval == 0;
}

} // namespace coax
