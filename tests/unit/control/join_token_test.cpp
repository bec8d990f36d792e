// SPDX-License-Identifier: Apache-2.0
#include "lib/control/join_token.h"

#include <gmock/gmock.h>

#include "unit/trust/keys.h"

namespace coax::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kSecret = "k3v9.very-secret-indeed";

JoinToken sample() {
    return {.network_id = "rack-4.example.com",
            .controllers = {"192.0.2.1:7443", "[2001:db8::1]:7443", "ctl.example.com:443"},
            .tls_certificate = std::string("\x30\x82\x00\x01", 4) + std::string(700, 'd'),
            .secret = std::string(kSecret),
            .cas = {make_key().public_key(), make_key().public_key()}};
}

std::string why_not(std::string_view text) {
    const auto token = JoinToken::parse(text);
    return token.ok() ? "" : token.error().message();
}

/// The error of a token with this changed.
template <typename Change>
std::string why_not_with(Change change) {
    JoinToken token = sample();
    change(token);
    return why_not(token.to_text());
}

TEST(JoinTokenText, is_one_word_for_a_command_line) {
    EXPECT_THAT(sample().to_text(), MatchesRegex("coax1-[A-Za-z0-9_-]+"));
}

TEST(JoinTokenText, comes_back_as_it_was) {
    const JoinToken token = sample();
    EXPECT_EQ(must(JoinToken::parse(token.to_text())), token);
    JoinToken bare = sample();
    bare.cas.clear();
    bare.controllers = {"c:1"};
    bare.network_id = std::string(64, 'n');
    EXPECT_EQ(must(JoinToken::parse(bare.to_text())), bare);
}

TEST(JoinTokenText, is_refused_with_any_character_changed_or_missing) {
    const std::string text = sample().to_text();
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(JoinToken::parse(changed).ok()) << "character " << i;
        EXPECT_FALSE(JoinToken::parse(text.substr(0, i)).ok()) << "the first " << i;
    }
    EXPECT_FALSE(JoinToken::parse(text + "A").ok());
    EXPECT_FALSE(JoinToken::parse(text + "\n").ok());
}

TEST(JoinTokenText, says_what_to_do_and_nothing_of_the_secret) {
    const std::string text = sample().to_text();
    for (const std::string &wrong :
         {std::string(), std::string("hello"), text.substr(0, text.size() - 3), "x" + text,
          std::string(10000, 'a'), std::string("coax1-"), std::string("coax0-AAAA")}) {
        EXPECT_THAT(why_not(wrong), AllOf(StartsWith("join token: "),
                                          HasSubstr("coax token create"), Not(HasSubstr(kSecret))))
            << wrong;
    }
}

TEST(JoinTokenText, of_a_later_form_asks_for_a_newer_command) {
    const auto token = JoinToken::parse("coax2-AAAA");
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.error().code(), ErrorCode::kVersion);
    EXPECT_THAT(token.error().message(), HasSubstr("update coax"));
}

TEST(JoinTokenText, holds_only_values_that_can_be_used) {
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.network_id = "Rack"; }), HasSubstr("network id"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.network_id.clear(); }), HasSubstr("network id"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.network_id = std::string(65, 'n'); }),
                HasSubstr("network id"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.controllers.clear(); }),
                HasSubstr("1 to 8 controllers"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.controllers.assign(9, "c:1"); }),
                HasSubstr("1 to 8 controllers"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.tls_certificate.clear(); }),
                HasSubstr("certificate"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.secret.clear(); }), HasSubstr("secret"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.secret = std::string(257, 's'); }),
                HasSubstr("secret"));
    EXPECT_THAT(why_not_with([](JoinToken &t) { t.cas.resize(17); }), HasSubstr("16 CAs"));
}

TEST(JoinTokenText, names_the_controller_that_cannot_be_reached_so) {
    for (const std::string wrong :
         {"", "host", "host:", ":7443", "host:0", "host:65536", "host:7443x", "unix:/run/x",
          "ho st:1", "2001:db8::1:7443", "[]:1", "dns:///host:1", "host\n:1"}) {
        EXPECT_THAT(why_not_with([&](JoinToken &t) { t.controllers = {wrong}; }),
                    HasSubstr("expected host:port of a controller"))
            << wrong;
    }
}

} // namespace
} // namespace coax::test
