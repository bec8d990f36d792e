// SPDX-License-Identifier: Apache-2.0
#include "agent/control/view_saver.h"

#include <chrono>
#include <string_view>

#include <gtest/gtest.h>

#include "harness/fake_clock.h"

namespace coax {
namespace {

class ViewSaverTest : public testing::Test {
  protected:
    void run_until_saved() {
        loop_.restart();
        loop_.run();
        EXPECT_FALSE(saver_.view().pending);
    }

    asio::io_context loop_;
    FakeClock clock_;
    Log log_ = Log::to_sink(LogLevel::kError, [](LogLevel, std::string_view) {});
    Status answer_;
    int writes_ = 0;
    ViewSaver saver_{loop_, clock_, log_, [this]() -> Status {
                         ++writes_;
                         return answer_;
                     }};
};

TEST_F(ViewSaverTest, first_change_is_written_by_the_next_turn_of_the_loop) {
    saver_.changed();
    saver_.changed();
    EXPECT_EQ(writes_, 0);
    EXPECT_TRUE(saver_.view().pending);
    loop_.run_one();
    EXPECT_EQ(writes_, 1);
    EXPECT_TRUE(saver_.view().saved);
    EXPECT_FALSE(saver_.view().pending);
}

TEST_F(ViewSaverTest, later_changes_are_written_together) {
    saver_.changed();
    run_until_saved();
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i)
        saver_.changed();
    run_until_saved();
    EXPECT_EQ(writes_, 2);
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(100));
}

TEST_F(ViewSaverTest, what_is_pending_is_written_at_the_end) {
    saver_.changed();
    saver_.flush();
    EXPECT_EQ(writes_, 1);
    EXPECT_FALSE(saver_.view().pending);
    saver_.flush();
    EXPECT_EQ(writes_, 1);
}

TEST_F(ViewSaverTest, failed_write_stays_pending_and_says_why) {
    answer_ = Error(ErrorCode::kNoSpace, "no space left");
    saver_.changed();
    loop_.run_one();
    EXPECT_TRUE(saver_.view().pending);
    EXPECT_FALSE(saver_.view().saved);
    EXPECT_EQ(saver_.view().error, "no space left");
    answer_ = {};
    saver_.flush();
    EXPECT_EQ(writes_, 2);
}

} // namespace
} // namespace coax
