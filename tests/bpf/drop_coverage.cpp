// SPDX-License-Identifier: Apache-2.0
#include "bpf/drop_coverage.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "harness/bpf_run.h"

namespace coax::test::drop_coverage {

namespace {

std::ofstream open_new(coax_hook hook) {
    std::filesystem::create_directories(folder());
    return std::ofstream(folder() / (std::string(hook_name(hook)) + ".drops"));
}

std::ofstream &file_of(coax_hook hook) {
    static std::ofstream file = open_new(hook); // a process tests one program
    return file;
}

} // namespace

std::filesystem::path folder() {
    const char *chosen = std::getenv("COAX_BPF_COVERAGE_DIR"); // NOLINT: one thread
    return chosen != nullptr ? chosen : COAX_BPF_COVERAGE_DIR;
}

void start(coax_hook hook) {
    ASSERT_TRUE(file_of(hook).good())
        << "cannot write to " << folder() << ": set COAX_BPF_COVERAGE_DIR to a writable folder";
}

void note(coax_hook hook, coax_drop_reason reason, const std::string &test) {
    file_of(hook) << reason_name(reason) << ' ' << test << std::endl;
}

} // namespace coax::test::drop_coverage
