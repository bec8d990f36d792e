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

TEST(Robust, every_byte_replaced) {
    const std::string good = good_config();
    for (const char replacement : {'\0', '\n', '"', '[', '=', '.', '\xff', '0'})
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::string text = good;
            text[at] = replacement;
            expect_answer(text);
        }
}

TEST(Robust, random_bytes_inserted_and_removed) {
    std::mt19937 random(20240917);
    const std::string good = good_config();
    for (int round = 0; round < 3000; ++round) {
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

TEST(KeyDepth, counts_parts_of_keys_only) {
    EXPECT_EQ(line_of_too_deep_key("a.b.c.d.e.f.g.h = 1"), 0);
    EXPECT_EQ(line_of_too_deep_key("\na.b.c.d.e.f.g.h.i = 1"), 2);
    EXPECT_EQ(line_of_too_deep_key("a = 'a.b.c.d.e.f.g.h.i.j'"), 0);
    EXPECT_EQ(line_of_too_deep_key("a = \"\\\"a.b.c.d.e.f.g.h.i.j\""), 0);
    EXPECT_EQ(line_of_too_deep_key("# a.b.c.d.e.f.g.h.i.j"), 0);
    EXPECT_EQ(line_of_too_deep_key("a = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]"), 0);
    EXPECT_EQ(line_of_too_deep_key("a = '''\n''' # '''\n[a.b.c.d.e.f.g.h.i]"), 3);
}

} // namespace
} // namespace coax
