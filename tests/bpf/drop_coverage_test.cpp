// SPDX-License-Identifier: Apache-2.0
// Every drop reason was provoked by a test of some program, in the run just before this one.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "bpf/drop_coverage.h"
#include "harness/bpf_run.h"

namespace coax::test {
namespace {

/// Reasons no single program run can provoke, and who provokes them instead.
const std::map<std::string, std::string> kElsewhere = {
    {"none", "not a drop"},
    {"wg_source", "counted by WireGuard, not by a program; netns level"},
};

std::map<std::string, std::string> provoked() {
    std::map<std::string, std::string> tests; // by reason
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        const std::string name = hook_name(hook);
        std::ifstream file(drop_coverage::folder() / (name + ".drops"));
        std::string reason;
        std::string test;
        while (file >> reason >> test)
            tests.emplace(reason, test);
    }
    return tests;
}

class DropCoverage : public testing::TestWithParam<std::string> {};

TEST_P(DropCoverage, reason_is_provoked_by_a_test) {
    const auto tests = provoked();
    const auto excuse = kElsewhere.find(GetParam());
    if (excuse == kElsewhere.end()) {
        EXPECT_TRUE(tests.contains(GetParam()))
            << "no passing test of the bpf level provoked this drop reason: add a row";
    } else {
        EXPECT_FALSE(tests.contains(GetParam()))
            << tests.at(GetParam()) << " provokes it: remove the excuse \"" << excuse->second
            << '"';
    }
}

const std::vector<std::string> kReasons = {
#define COAX_TEXT(name, label, text) label,
    COAX_DROP_REASONS(COAX_TEXT)
#undef COAX_TEXT
};

INSTANTIATE_TEST_SUITE_P(AllReasons, DropCoverage, testing::ValuesIn(kReasons),
                         [](const auto &row) { return row.param; });

} // namespace
} // namespace coax::test
