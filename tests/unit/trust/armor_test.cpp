// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/armor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coax {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;
using testing::Not;

TEST(Base64, is_that_of_rfc_4648) {
    const std::pair<std::string, std::string> rows[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd"s, "//79"},
    };
    for (const auto &[bytes, text] : rows) {
        EXPECT_EQ(encode_base64(bytes), text);
        const auto decoded = decode_base64(text);
        ASSERT_TRUE(decoded.ok()) << text;
        EXPECT_EQ(*decoded, bytes);
    }
}

TEST(Base64, has_one_text_for_each_sequence_of_bytes) {
    for (const char *text :
         {"Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Zm9", "Zm-_", "Zm9v=", "===="})
        EXPECT_FALSE(decode_base64(text).ok()) << text;
}

TEST(Armor, breaks_lines_as_openssh) {
    const std::string bytes(53, 'x'); // 72 characters
    EXPECT_EQ(armor<std::string>(bytes, "A THING"),
              "-----BEGIN A THING-----\n"
              "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eH\n"
              "g=\n"
              "-----END A THING-----\n");
}

TEST(Armor, reads_what_it_wrote_also_with_other_line_ends_and_text_behind) {
    for (std::size_t size : {0U, 1U, 52U, 53U, 5000U}) {
        const std::string bytes(size, '\xa5');
        std::string text = armor<std::string>(bytes, "A THING");
        const auto plain = dearmor<std::string>(text, "A THING");
        ASSERT_TRUE(plain.ok());
        EXPECT_EQ(*plain, bytes);
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
            text.replace(at, 1, "\r\n");
        const auto windows = dearmor<SecretBytes>(text + "more", "A THING");
        ASSERT_TRUE(windows.ok()) << windows.error().message();
        EXPECT_EQ(view_of(*windows), bytes);
    }
}

TEST(Armor, refuses_other_text_and_shows_none_of_it) {
    const std::string good = armor<std::string>("secret", "A THING");
    const std::string rows[] = {
        "",
        "secret",
        " " + good,
        armor<std::string>("secret", "ANOTHER"),
        good.substr(0, good.size() - 10),
        "-----BEGIN A THING-----\n-----BEGIN A THING-----\nc2Vj\n-----END A THING-----\n",
        "-----BEGIN A THING-----\nc2Vj!\n-----END A THING-----\n",
        "-----BEGIN A THING-----\nc2V j\n-----END A THING-----\n",
        "\n-----END A THING-----\n-----BEGIN A THING-----\n",
    };
    for (const std::string &text : rows) {
        const auto bytes = dearmor<std::string>(text, "A THING");
        ASSERT_FALSE(bytes.ok()) << text;
        EXPECT_EQ(bytes.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(bytes.error().message(), HasSubstr("-----BEGIN A THING-----"));
        EXPECT_THAT(bytes.error().message(), Not(HasSubstr("c2V")));
    }
}

} // namespace
} // namespace coax
