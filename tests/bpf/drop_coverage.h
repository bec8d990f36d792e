// SPDX-License-Identifier: Apache-2.0
// Which drop reasons the tests of a program provoked: one file per test program, "hook reason test"
// per line, in $COAX_BPF_COVERAGE_DIR or the build folder. drop_coverage_test reads them all.
#pragma once

#include <filesystem>
#include <string>

#include "coax/abi/drop_reason.h"

namespace coax::test::drop_coverage {

/// Where the files are.
std::filesystem::path folder();

/// Starts the program's file anew at the first call of a process; a failure is the test's.
void start(coax_hook hook);

/// Appends a line.
void note(coax_hook hook, coax_drop_reason reason, const std::string &test);

} // namespace coax::test::drop_coverage
