// SPDX-License-Identifier: Apache-2.0
#include "lib/base/log.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/types.h"

namespace coax {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class LogTest : public testing::Test {
  protected:
    Log make(LogLevel level) {
        return Log::to_sink(level, [this](LogLevel at, std::string_view line) {
            lines_.push_back(std::string(to_string(at)) + "|" + std::string(line));
        });
    }
    std::vector<std::string> lines_;
};

TEST_F(LogTest, writes_the_event_first_then_key_and_value) {
    make(LogLevel::kInfo).info("peer.handshake.stale", {{"peer", "b"}, {"age_s", 190}});
    EXPECT_THAT(lines_, ElementsAre("info|peer.handshake.stale peer=b age_s=190"));
}

TEST_F(LogTest, prints_our_own_types) {
    make(LogLevel::kInfo)
        .warn("x", {{"node", NodeId(7)},
                    {"ip", IpAddress::v4(0xc0000201U)},
                    {"on", true},
                    {"text", std::string("y")}});
    EXPECT_THAT(lines_, ElementsAre("warn|x node=7 ip=192.0.2.1 on=true text=y"));
}

TEST_F(LogTest, input_of_a_peer_cannot_forge_a_line) {
    make(LogLevel::kInfo).error("x", {{"a", "1 b=2"}, {"c", "l\n\"\\\x01"}, {"d", ""}});
    EXPECT_THAT(lines_, ElementsAre(R"(error|x a="1 b=2" c="l\n\"\\\x01" d="")"));
}

TEST_F(LogTest, braces_are_plain_text) {
    make(LogLevel::kInfo).info("x", {{"a", "{}"}});
    EXPECT_THAT(lines_, ElementsAre("info|x a={}"));
}

TEST_F(LogTest, level_filters_and_may_change_later) {
    const Log log = make(LogLevel::kWarn);
    log.debug("a");
    log.info("b");
    log.warn("c");
    const Log copy = log;
    copy.set_level(LogLevel::kDebug);
    log.debug("d");
    EXPECT_THAT(lines_, ElementsAre("warn|c", "debug|d"));
}

TEST_F(LogTest, stderr_lines_carry_utc_time_and_level) {
    testing::internal::CaptureStderr();
    Log::to_stderr(LogLevel::kInfo).warn("agent.started", {{"nodes", 3U}});
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z warning "
                             "agent\\.started nodes=3\n"));
}

TEST(LogLevel, text_reads_back_and_others_are_refused) {
    for (const auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError})
        EXPECT_EQ(*parse_log_level(to_string(level)), level);
    EXPECT_THAT(parse_log_level("loud").error().message(), HasSubstr("found \"loud\""));
}

} // namespace
} // namespace coax
