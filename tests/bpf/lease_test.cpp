// SPDX-License-Identifier: Apache-2.0
// lease_holds(): before its deadline and never otherwise.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "bpf/loaded_object.h"
#include "harness/kernel_clock.h"

namespace coax::test {
namespace {

constexpr int kServes = 0;
constexpr int kStops = 2;
constexpr std::uint64_t kHourNs = 3'600'000'000'000U;
constexpr coax_lease_key kGateway{COAX_LEASE_GATEWAY, 100};

class Lease : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(object_.loaded()) << LoadedObject::log(); }

    void set(const coax_lease_key &key, std::uint64_t deadline_ns) const {
        const coax_lease lease{.deadline_ns = deadline_ns, .flags = 0};
        ASSERT_EQ(bpf_map_update_elem(object_.map_fd("coax_leases"), &key, &lease, BPF_ANY), 0);
    }
    [[nodiscard]] int ask(const coax_lease_key &key) const {
        std::vector<std::uint8_t> packet(64);
        std::memcpy(packet.data(), &key, sizeof(key));
        LIBBPF_OPTS(bpf_test_run_opts, run);
        run.data_in = packet.data();
        run.data_size_in = static_cast<std::uint32_t>(packet.size());
        EXPECT_EQ(bpf_prog_test_run_opts(object_.program_fd("lease_probe"), &run), 0);
        return static_cast<int>(run.retval);
    }
    LoadedObject object_{COAX_LEASE_PROBE};
};

TEST_F(Lease, that_is_absent_does_not_hold) {
    EXPECT_EQ(ask(kGateway), kStops);
}

TEST_F(Lease, holds_before_its_deadline) {
    set(kGateway, kernel_now_ns(CLOCK_BOOTTIME) + kHourNs);
    EXPECT_EQ(ask(kGateway), kServes);
}

TEST_F(Lease, does_not_hold_after_its_deadline) {
    set(kGateway, kernel_now_ns(CLOCK_BOOTTIME) - 1);
    EXPECT_EQ(ask(kGateway), kStops);
}

TEST_F(Lease, is_over_as_soon_as_the_deadline_passes) {
    const std::uint64_t deadline = kernel_now_ns(CLOCK_BOOTTIME) + 50'000'000;
    set(kGateway, deadline);
    int verdict = kServes;
    while (verdict == kServes && kernel_now_ns(CLOCK_BOOTTIME) < deadline + kHourNs)
        verdict = ask(kGateway);
    EXPECT_EQ(verdict, kStops);
    EXPECT_GE(kernel_now_ns(CLOCK_BOOTTIME), deadline) << "it ended too early";
}

TEST_F(Lease, holds_again_once_it_is_renewed) {
    set(kGateway, kernel_now_ns(CLOCK_BOOTTIME) - 1);
    EXPECT_EQ(ask(kGateway), kStops);
    set(kGateway, kernel_now_ns(CLOCK_BOOTTIME) + kHourNs);
    EXPECT_EQ(ask(kGateway), kServes);
}

TEST_F(Lease, is_of_one_kind_and_one_id) {
    set(kGateway, kernel_now_ns(CLOCK_BOOTTIME) + kHourNs);
    EXPECT_EQ(ask({COAX_LEASE_SERVICE, 100}), kStops);
    EXPECT_EQ(ask({COAX_LEASE_GATEWAY, 101}), kStops);
}

TEST_F(Lease, with_the_least_and_the_greatest_deadline) {
    set(kGateway, 0);
    EXPECT_EQ(ask(kGateway), kStops);
    set(kGateway, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(ask(kGateway), kServes);
    set(kGateway, std::numeric_limits<std::uint64_t>::max() / 2 + 1); // no signed comparison
    EXPECT_EQ(ask(kGateway), kServes);
}

/// A clock namespace moves CLOCK_BOOTTIME for its processes only; a program sees the machine's. So the
/// clock is told apart by what it is on this machine, where it has slept or not: the call in the code.
TEST_F(Lease, counts_the_time_the_machine_sleeps) {
    constexpr std::int32_t kGetBootNs = BPF_FUNC_ktime_get_boot_ns;
    const bpf_insn *code = object_.instructions("lease_probe");
    const std::size_t count = object_.instruction_count("lease_probe");
    bool boot = false;
    for (std::size_t i = 0; i < count; ++i) {
        if (code[i].code != (BPF_JMP | BPF_CALL))
            continue;
        boot = boot || code[i].imm == kGetBootNs;
        EXPECT_NE(code[i].imm, BPF_FUNC_ktime_get_ns);
        EXPECT_NE(code[i].imm, BPF_FUNC_ktime_get_coarse_ns);
    }
    EXPECT_TRUE(boot);
}

} // namespace
} // namespace coax::test
