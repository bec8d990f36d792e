// SPDX-License-Identifier: Apache-2.0
// parse_config answers whatever the text is: no crash, no exception, an error that names the file.
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config.h"
#include "lib/config/key_depth.h"
#include "unit/config/good_config.h"

namespace coax {
namespace {

void expect_answer(const std::string &text) {
    const auto result = parse_config(text, "coax.toml");
    if (result.ok())
        return;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(result.error().message(), testing::MatchesRegex("coax.toml:[0-9]+: .*expected.*"));
    EXPECT_EQ(result.error().message().find('\n'), std::string::npos) << "one line";
}

TEST(Robust, every_truncation_of_a_good_file) {
    const std::string good = good_config();
    for (std::size_t length = 0; length <= good.size(); ++length)
        expect_answer(good.substr(0, length));
}

TEST(Robust, every_truncation_from_the_front) {
    const std::string good = good_config();
    for (std::size_t length = 0; length <= good.size(); ++length)
        expect_answer(good.substr(length));
}

TEST(Robust, every_byte_replaced_by_one_of_some) {
    const std::string good = good_config();
    const std::string replacements("\0\n\"[=.\xff"
                                   "0",
                                   8);
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string text = good;
        text[at] = replacements[at % replacements.size()];
        expect_answer(text);
    }
}

TEST(Robust, random_bytes_inserted_and_removed) {
    std::mt19937 random(20240917);
    const std::string good = good_config();
    for (int round = 0; round < 1000; ++round) {
        std::string text = good;
        for (int change = 0; change < 4; ++change) {
            const std::size_t at = random() % text.size();
            text.erase(at, random() % 12);
            text.insert(std::min(at, text.size()), 1 + random() % 3,
                        static_cast<char>(random() % 256));
        }
        expect_answer(text);
    }
}

TEST(Robust, what_is_undefined_in_the_library_is_an_error) {
    for (const char *text : {"[[[a]]]", "[[=", "[=", "a = ]", "a = ,", "a = #", "a = {b = }",
                             "a\xc3\x9e", "a =\xc2\xa0 1", "a = 1\xca\xa5", "\xe2\x80\xa8"}) {
        EXPECT_FALSE(parse_config(text, "coax.toml").ok()) << text;
        expect_answer(text);
    }
}

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i)
        text += part;
    return text;
}

TEST(Robust, deep_nesting_does_not_exhaust_the_stack) {
    constexpr std::size_t kTimes = 1000000;
    expect_answer(repeated("a.", kTimes) + "a = 1");
    expect_answer("[" + repeated("a.", kTimes) + "a]");
    expect_answer(repeated("\"a\" . ", kTimes) + "a = 1");
    expect_answer("a = " + repeated("[", kTimes));
    expect_answer("a = " + repeated("{a=", kTimes));
    expect_answer("a = " + repeated("[{a.a.a=", kTimes));
    expect_answer("a = [\"\\\"\", " + repeated("'''b\n'''.", kTimes) + "1]");
}

struct DepthRow {
    const char *name;
    const char *text;
    int line; // of the key that is too deep; 0: none
};
void PrintTo(const DepthRow &row, std::ostream *out) {
    *out << row.name;
}

class KeyDepth : public testing::TestWithParam<DepthRow> {};
TEST_P(KeyDepth, counts_parts_of_keys_only) {
    EXPECT_EQ(line_of_too_deep_key(GetParam().text), GetParam().line);
    expect_answer(GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, KeyDepth,
    testing::Values(DepthRow{"eight_parts", "a.b.c.d.e.f.g.h = 1", 0},
                    DepthRow{"nine_parts", "\na.b.c.d.e.f.g.h.i = 1", 2},
                    DepthRow{"nine_parts_in_header", "[a.b.c.d.e.f.g.h.i]", 1},
                    DepthRow{"dots_in_literal", "a = 'a.b.c.d.e.f.g.h.i.j'", 0},
                    DepthRow{"dots_after_escape", R"(a = "\"a.b.c.d.e.f.g.h.i.j")", 0},
                    DepthRow{"dots_in_comment", "# a.b.c.d.e.f.g.h.i.j", 0},
                    DepthRow{"dots_of_numbers", "a = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]",
                             0},
                    DepthRow{"after_multi_line", "a = '''\n''' # '''\n[a.b.c.d.e.f.g.h.i]", 3}),
    [](const auto &row) { return row.param.name; });

} // namespace
} // namespace coax
