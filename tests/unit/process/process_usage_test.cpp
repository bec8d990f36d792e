// SPDX-License-Identifier: Apache-2.0
#include "lib/process/process_usage.h"

#include <chrono>

#include <gtest/gtest.h>

namespace coax {
namespace {

TEST(ProcessUsage, is_read_from_a_line_whose_name_holds_anything) {
    const auto usage = parse_process_stat(
        "42 (a b) c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 8 0 1000 100000 25 184467",
        {100, 4096, 5000});
    ASSERT_TRUE(usage.ok()) << usage.error().message();
    EXPECT_DOUBLE_EQ(usage->cpu_seconds, 2.0);
    EXPECT_EQ(usage->resident_bytes, 25U * 4096U);
    EXPECT_DOUBLE_EQ(usage->start_time_seconds, 5010.0);
}

TEST(ProcessUsage, refuses_what_is_no_such_line) {
    EXPECT_FALSE(parse_process_stat("", {}).ok());
    EXPECT_FALSE(parse_process_stat("42 (coaxd) S 1 2 3", {}).ok());
}

TEST(ProcessUsage, of_this_process_is_believable) {
    const auto usage = process_usage();
    ASSERT_TRUE(usage.ok()) << usage.error().message();
    EXPECT_GT(usage->resident_bytes, 1U << 20U);
    EXPECT_GE(usage->open_fds, 3U);
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    EXPECT_LE(usage->start_time_seconds, now.count() + 1);
    EXPECT_GT(usage->start_time_seconds, now.count() - 3600);
}

} // namespace
} // namespace coax
