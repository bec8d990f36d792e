// SPDX-License-Identifier: Apache-2.0
// Every program within its budget of verified instructions on this kernel, with the constants that
// are in the object.
#include "bpf/verifier_budget.h"

#include <sys/utsname.h>

#include <cstdio>
#include <cstdlib>

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bpf/loaded_object.h"

namespace coax::test {
namespace {

using testing::HasSubstr;

std::string this_series() {
    utsname name{};
    EXPECT_EQ(uname(&name), 0);
    return series_of(name.release);
}

std::uint64_t verified_instructions(int program_fd) {
    bpf_prog_info info{};
    __u32 bytes = sizeof(info);
    EXPECT_EQ(bpf_obj_get_info_by_fd(program_fd, &info, &bytes), 0);
    return info.verified_insns;
}

TEST(VerifierBudget, every_program_is_within_it) {
    const std::string series = this_series();
    VerifierBudget budget = read_budget(COAX_VERIFIER_BUDGET);
    VerifierCounts found;
    for (const char *program : kPrograms) {
        const LoadedObject object(std::string(COAX_BPF_DIR "/") + program + ".bpf.o");
        ASSERT_TRUE(object.loaded()) << program << ": " << object.log();
        found[program] = verified_instructions(object.program_fd(program));
        std::printf("verified on %s: %s %llu\n", series.c_str(), program,
                    static_cast<unsigned long long>(found[program]));
    }
    if (const char *file = std::getenv("COAX_RECORD_VERIFIER_BUDGET")) { // NOLINT: one thread
        budget[series] = found;
        write_budget(file, budget);
    }
    for (const auto &[program, instructions] : found)
        EXPECT_EQ(judge_budget(budget, series, program, instructions), "");
}

const VerifierBudget kBudget = {{"6.1", {{"tc_port", 900}}}, {"6.12", {{"tc_port", 1000}}}};

TEST(VerifierBudget, growth_of_more_than_a_tenth_fails) {
    EXPECT_EQ(judge_budget(kBudget, "6.12", "tc_port", 1100), "");
    EXPECT_THAT(judge_budget(kBudget, "6.12", "tc_port", 1101),
                HasSubstr("1101 instructions verified, 1000 recorded for 6.12: more than 10 %"));
}

TEST(VerifierBudget, an_unknown_series_is_held_to_the_newest_with_twice_the_margin) {
    EXPECT_EQ(judge_budget(kBudget, "6.18", "tc_port", 1200), "");
    EXPECT_THAT(judge_budget(kBudget, "6.18", "tc_port", 1201),
                HasSubstr("recorded for 6.12: more than 20 %"));
}

TEST(VerifierBudget, a_program_that_was_never_recorded_fails) {
    EXPECT_THAT(judge_budget(kBudget, "6.1", "tc_new", 1), HasSubstr("none recorded"));
    EXPECT_THAT(judge_budget({}, "6.1", "tc_port", 1), HasSubstr("none recorded"));
}

TEST(VerifierBudget, a_series_is_the_first_two_numbers) {
    EXPECT_EQ(series_of("6.12.43+deb12-cloud-amd64"), "6.12");
    EXPECT_EQ(series_of("6.1.0-37-cloud-amd64"), "6.1");
}

} // namespace
} // namespace coax::test
