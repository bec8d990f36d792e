// SPDX-License-Identifier: Apache-2.0
#include "bench/programs/timing.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace coax::bench {

namespace {

constexpr std::int32_t kXdpPass = 2;
constexpr std::int32_t kTcOk = 0;

bpf_insn instruction(std::uint8_t code, std::int32_t immediate) {
    bpf_insn made{};
    made.code = code;
    made.imm = immediate;
    return made;
}

} // namespace

Timed time_once(int program_fd, const test::Bytes &packet, int repeat) {
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = packet.data();
    options.data_size_in = static_cast<std::uint32_t>(packet.size());
    options.repeat = repeat;
    if (bpf_prog_test_run_opts(program_fd, &options) != 0) {
        std::perror("bench_programs: BPF_PROG_TEST_RUN");
        std::abort();
    }
    return {.verdict = options.retval, .ns = options.duration};
}

int load_empty_program(bool xdp) {
    const std::array<bpf_insn, 2> code = {
        instruction(BPF_ALU64 | BPF_MOV | BPF_K, xdp ? kXdpPass : kTcOk),
        instruction(BPF_JMP | BPF_EXIT, 0)};
    const int fd = bpf_prog_load(xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, "bench_empty",
                                 "GPL", code.data(), code.size(), nullptr);
    if (fd < 0) {
        std::perror("bench_programs: load an empty program");
        std::abort();
    }
    return fd;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

} // namespace coax::bench
