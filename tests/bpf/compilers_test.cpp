// SPDX-License-Identifier: Apache-2.0
// clang 14 and clang 19 both build programs that this kernel loads: neither the code nor the
// verifier may depend on what one compiler happens to make of it.
#include <filesystem>

#include <gtest/gtest.h>

#include "bpf/loaded_object.h"

namespace coax::test {
namespace {

class Compilers : public testing::TestWithParam<const char *> {};

void expect_loads(const std::string &folder, const char *program) {
    const std::string path = folder + "/" + program + ".bpf.o";
    ASSERT_TRUE(std::filesystem::exists(path))
        << path << " was not built: install the compiler (tools/setup), configure and build again";
    const LoadedObject object(path);
    EXPECT_TRUE(object.loaded()) << LoadedObject::log();
}

TEST_P(Compilers, clang_14) {
    expect_loads(COAX_BPF_DIR, GetParam());
}
TEST_P(Compilers, clang_19) {
    expect_loads(COAX_BPF_DIR "/clang-19", GetParam());
}

std::string name_of(const testing::TestParamInfo<const char *> &row) {
    return row.param;
}

INSTANTIATE_TEST_SUITE_P(Programs, Compilers, testing::ValuesIn(kPrograms), name_of);

} // namespace
} // namespace coax::test
