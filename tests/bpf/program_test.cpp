// SPDX-License-Identifier: Apache-2.0
#include "bpf/program_test.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "bpf/drop_coverage.h"

namespace coax::test {

namespace {

// Warnings, except one per test that libxdp's section in an object is not for libbpf.
int print_warnings(libbpf_print_level level, const char *format, va_list arguments) {
    std::array<char, 1024> text{};
    const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (level == LIBBPF_WARN && std::strstr(text.data(), ".xdp_run_config") == nullptr)
        std::fputs(text.data(), stderr);
    return length;
}

} // namespace

ProgramTestBase::ProgramTestBase(coax_hook hook) : hook_(hook) {
    libbpf_set_print(print_warnings);
    drop_coverage::start(hook);
}

void ProgramTestBase::check(const RunResult &result, const Bytes &input,
                            const Expect &expect) const {
    ASSERT_EQ(result.error, 0) << "the kernel did not run the program";
    EXPECT_EQ(result.verdict, expect.verdict);

    std::map<std::uint32_t, coax_count> drops;
    if (expect.drop != COAX_DROP_NONE)
        drops[drop_index(hook_, expect.drop)] = {.packets = 1, .bytes = 0};
    EXPECT_EQ(drops_text(result.drops), drops_text(drops));
    for (const auto &[index, count] : result.drops) {
        if (!input.empty()) {
            EXPECT_EQ(count.bytes, input.size()) << "a drop counts the frame as it came";
        }
    }

    std::map<std::uint32_t, coax_count> counters;
    for (const auto &[counter, packets] : expect.counters)
        counters[counter] = {.packets = packets, .bytes = 0};
    EXPECT_EQ(counters_text(result.counters), counters_text(counters));

    if (expect.packet) {
        EXPECT_TRUE(same_bytes(expect.packet->bytes(), result.packet));
    } else if (expect.drop == COAX_DROP_NONE && !input.empty()) {
        EXPECT_TRUE(same_bytes(input, result.packet));
    }
    if (expect.drop != COAX_DROP_NONE && !HasFailure())
        note_drop(expect.drop);
}

void ProgramTestBase::run_and_check(const Row &row) const {
    const Bytes input = row.packet.bytes();
    check(program().run(input, row.context), input, row.expect);
}

void ProgramTestBase::note_drop(coax_drop_reason reason) const {
    const auto *info = testing::UnitTest::GetInstance()->current_test_info();
    drop_coverage::note(hook_, reason, std::string(info->test_suite_name()) + "." + info->name());
}

testing::AssertionResult same_bytes(const Bytes &expected, const Bytes &found) {
    if (expected == found)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << hexdump_diff(expected, found);
}

std::vector<Row> both(const std::function<Row(const Family &)> &make) {
    std::vector<Row> rows;
    for (const Family family : {Family{"v4", false}, Family{"v6", true}}) {
        rows.push_back(make(family));
        rows.back().name += std::string("_") + family.suffix;
    }
    return rows;
}

std::vector<Row> operator+(std::vector<Row> a, const std::vector<Row> &b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

} // namespace coax::test
