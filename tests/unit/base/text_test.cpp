// SPDX-License-Identifier: Apache-2.0
#include "lib/base/text.h"

#include <array>

#include <gtest/gtest.h>

namespace coax {
namespace {

TEST(Quoted, stays_on_one_line) {
    EXPECT_EQ(quoted("plain"), "\"plain\"");
    EXPECT_EQ(quoted("a\nb\"c\\d\x1b"), R"("a\nb\"c\\d\x1b")");
    EXPECT_EQ(quoted(""), "\"\"");
}

TEST(Quoted, cuts_what_is_too_long) {
    EXPECT_EQ(quoted("abcdef", 3), "\"abc...\"");
}

struct ClosestRow {
    const char *name;
    const char *text;
    const char *expected;
};

class Closest : public testing::TestWithParam<ClosestRow> {};
TEST_P(Closest, finds_what_was_meant) {
    constexpr std::array<std::string_view, 4> kCandidates{"uplinks", "mtu", "listen_port", "xdp"};
    EXPECT_EQ(closest(GetParam().text, kCandidates), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Closest,
    testing::Values(ClosestRow{"missing_letter", "uplink", "uplinks"},
                    ClosestRow{"swapped_letters", "mut", "mtu"},
                    ClosestRow{"other_separator", "listen-port", "listen_port"},
                    ClosestRow{"missing_separator", "listenport", "listen_port"},
                    ClosestRow{"something_else", "colour", ""}, ClosestRow{"empty", "", ""}),
    [](const auto &row) { return row.param.name; });

} // namespace
} // namespace coax
