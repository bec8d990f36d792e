// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <gtest/gtest.h>

namespace coax::cli {
namespace {

Table sample() {
    Table table({{"NAME", Align::kLeft, 4},
                 {"COUNT", Align::kRight},
                 {"MORE", Align::kLeft, 0, true},
                 {"STATE"}});
    table.add({{"abcdefghijkl"}, {"7"}, {"hidden"}, {"up", Tone::kGood}});
    table.add({{"b"}, {"1234567"}, {}, {}});
    return table;
}

TEST(Table, aligns_and_leaves_no_trailing_blanks) {
    EXPECT_EQ(sample().render(View{}), "NAME            COUNT  STATE\n"
                                       "abcdefghijkl        7  up\n"
                                       "b             1234567\n");
}

TEST(Table, shortens_only_columns_that_may_shrink) {
    EXPECT_EQ(sample().render(View{.width = 22}), "NAME      COUNT  STATE\n"
                                                  "abc…kl        7  up\n"
                                                  "b       1234567\n");
}

TEST(Table, shortens_the_others_rather_than_overflow) {
    EXPECT_EQ(sample().render(View{.width = 18}), "NAME  COUNT  STATE\n"
                                                  "ab…l      7  up\n"
                                                  "b     12…67\n");
}

TEST(Table, shows_all_when_wide) {
    EXPECT_EQ(sample().render(View{.wide = true, .width = 10}),
              "NAME            COUNT  MORE    STATE\n"
              "abcdefghijkl        7  hidden  up\n"
              "b             1234567\n");
}

TEST(Table, colours_text_and_not_padding) {
    Table table({{"A"}, {"B", Align::kRight}});
    table.add({{"x", Tone::kGood}, {"y", Tone::kBad}});
    EXPECT_EQ(table.render(View{.color = true}), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n"
                                                 "\x1b[32mx\x1b[0m  \x1b[31my\x1b[0m\n");
}

TEST(Table, makes_control_characters_visible) {
    Table table(std::vector<Column>{{"A"}});
    table.add({{"x\x1b[2J\ny"}});
    EXPECT_EQ(table.render(View{}), "A\nx?[2J?y\n");
}

} // namespace
} // namespace coax::cli
