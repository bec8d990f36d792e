// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"

#include <limits>

#include <gmock/gmock.h>

namespace coax::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

TEST(FormatBytes, keeps_three_digits_and_never_rounds_up_to_the_next_unit) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(1024), "1.00 KiB");
    EXPECT_EQ(format_bytes(1536), "1.50 KiB");
    EXPECT_EQ(format_bytes(99 * 1024), "99.0 KiB");
    EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1023 KiB");
    EXPECT_EQ(format_bytes(kHuge), "16.0 EiB");
}

TEST(FormatCount, is_exact_up_to_ten_digits) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(9'999'999'999), "9999999999");
    EXPECT_EQ(format_count(12'345'678'901), "12.3G");
    EXPECT_EQ(format_count(kHuge), "18.4E");
}

TEST(FormatRate, scales_and_survives_nonsense) {
    EXPECT_EQ(format_rate(0), "0/s");
    EXPECT_EQ(format_rate(-1), "0/s");
    EXPECT_EQ(format_rate(std::numeric_limits<double>::quiet_NaN()), "0/s");
    EXPECT_EQ(format_rate(0.5), "0.50/s");
    EXPECT_EQ(format_rate(12.34), "12.3/s");
    EXPECT_EQ(format_rate(1234), "1.23k/s");
    EXPECT_EQ(format_rate(std::numeric_limits<double>::infinity()), "999T/s");
}

TEST(FormatDuration, shows_the_two_largest_units) {
    EXPECT_EQ(format_duration(0), "0s");
    EXPECT_EQ(format_duration(59), "59s");
    EXPECT_EQ(format_duration(192), "3m12s");
    EXPECT_EQ(format_duration(3600 * 2 + 300), "2h05m");
    EXPECT_EQ(format_duration(86400 * 3 + 3600 * 4), "3d04h");
    EXPECT_EQ(format_duration(86400ULL * 1234), "1234d");
}

TEST(FormatAge, says_never_for_what_did_not_happen) {
    EXPECT_EQ(format_age_seconds(-1), "never");
    EXPECT_EQ(format_age_seconds(192), "3m12s ago");
    EXPECT_EQ(format_age_ms(-1), "never");
    EXPECT_EQ(format_age_ms(999), "999ms ago");
    EXPECT_EQ(format_age_ms(1999), "1s ago");
}

TEST(Printable, replaces_what_could_steer_a_terminal) {
    EXPECT_EQ(printable("plain …"), "plain …");
    EXPECT_EQ(printable("a\x1b[31mb\n\t\x7f"), "a?[31mb???");
    EXPECT_EQ(printable("c1 \xc2\x9b"), "c1 ?");
}

TEST(Printable, replaces_bytes_that_are_not_utf8) {
    EXPECT_EQ(printable("\xff"), "?");
    EXPECT_EQ(printable("\xe2\x80"), "??");           // cut off
    EXPECT_EQ(printable("\xc0\xaf"), "??");           // overlong
    EXPECT_EQ(printable("\xed\xa0\x80"), "???");      // surrogate
    EXPECT_EQ(printable("\xf5\x80\x80\x80"), "????"); // beyond U+10FFFF
}

TEST(TruncateMiddle, keeps_both_ends) {
    EXPECT_EQ(truncate_middle("short", 5), "short");
    EXPECT_EQ(truncate_middle("abcdefghij", 5), "ab…ij");
    EXPECT_EQ(truncate_middle("abcdefghij", 6), "abc…ij");
    EXPECT_EQ(truncate_middle("abcdefghij", 1), "…");
    EXPECT_EQ(truncate_middle("abcdefghij", 0), "");
    EXPECT_EQ(truncate_middle("ääääää", 3), "ä…ä");
}

TEST(Wrap, breaks_at_spaces_and_inside_words_that_are_too_long) {
    EXPECT_THAT(wrap("", 10), IsEmpty());
    EXPECT_THAT(wrap("one two  three", 7), ElementsAre("one two", "three"));
    EXPECT_THAT(wrap("abcdefgh ij", 3), ElementsAre("abc", "def", "gh", "ij"));
    EXPECT_THAT(wrap("as long as it is", 0), ElementsAre("as long as it is"));
}

TEST(Plural, knows_one) {
    EXPECT_EQ(plural(0, "port"), "0 ports");
    EXPECT_EQ(plural(1, "port"), "1 port");
}

} // namespace
} // namespace coax::cli
