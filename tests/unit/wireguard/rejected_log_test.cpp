// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "lib/wireguard/rejected_log.h"

namespace coax {
namespace {

const std::string kRejectedV4 = "DEBUG: (n1-wg0) 2026/01/01 00:00:00 IPv4 packet with disallowed "
                                "source address from peer(AAAA…AAAA)\n";
const std::string kRejectedV6 = "DEBUG: (n1-wg0) 2026/01/01 00:00:00 IPv6 packet with disallowed "
                                "source address from peer(AAAA…AAAA)\n";
const std::string kOther =
    "DEBUG: (n1-wg0) 2026/01/01 00:00:00 peer(AAAA…AAAA) - Sending keepalive\n";

/// What wireguard-go does: a write by its own descriptor, failures ignored.
bool say(const RejectedLog &log, const std::string &text) {
    return ::write(log.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

TEST(RejectedLog, counts_refused_sources_of_both_families_once) {
    auto log = RejectedLog::create();
    ASSERT_TRUE(log.ok()) << log.error().message();
    EXPECT_TRUE(say(*log, kOther + kRejectedV4 + kOther));
    ASSERT_TRUE(log->update().ok());
    EXPECT_EQ(log->position().total, 1U);
    EXPECT_TRUE(say(*log, kRejectedV6 + kRejectedV4));
    ASSERT_TRUE(log->update().ok());
    ASSERT_TRUE(log->update().ok());
    EXPECT_EQ(log->position().total, 3U);
}

TEST(RejectedLog, counts_a_line_that_is_written_in_two_parts_once) {
    auto log = RejectedLog::create();
    ASSERT_TRUE(log.ok());
    EXPECT_TRUE(say(*log, kRejectedV4.substr(0, 60)));
    ASSERT_TRUE(log->update().ok());
    EXPECT_EQ(log->position().total, 0U);
    EXPECT_TRUE(say(*log, kRejectedV4.substr(60)));
    ASSERT_TRUE(log->update().ok());
    EXPECT_EQ(log->position().total, 1U);
}

TEST(RejectedLog, stays_bounded_and_counts_on_after_it_was_full) {
    auto log = RejectedLog::create();
    ASSERT_TRUE(log.ok());
    std::uint64_t fitted = 0;
    while (say(*log, kRejectedV4))
        ++fitted;
    EXPECT_FALSE(say(*log, kRejectedV4)); // fails, does not block or grow
    ASSERT_TRUE(log->update().ok());
    EXPECT_GE(log->position().total, fitted);
    EXPECT_LE(log->position().total, fitted + 1); // the cut line may hold the whole phrase
    const auto total = log->position().total;
    EXPECT_TRUE(say(*log, kRejectedV4));
    ASSERT_TRUE(log->update().ok());
    EXPECT_EQ(log->position().total, total + 1);
    EXPECT_EQ(::lseek(log->fd(), 0, SEEK_END), static_cast<off_t>(RejectedLog::kSizeBytes));
}

TEST(RejectedLog, never_counts_twice_when_a_write_undoes_the_rewind) {
    auto log = RejectedLog::create();
    ASSERT_TRUE(log.ok());
    while (::lseek(log->fd(), 0, SEEK_CUR) <= static_cast<off_t>(RejectedLog::kSizeBytes / 2))
        ASSERT_TRUE(say(*log, kRejectedV4));
    const off_t end = ::lseek(log->fd(), 0, SEEK_CUR);
    ASSERT_TRUE(log->update().ok());
    const auto total = log->position().total;
    ASSERT_EQ(::lseek(log->fd(), end, SEEK_SET), end); // the writer's offset came back late
    ASSERT_TRUE(say(*log, kRejectedV4));
    ASSERT_TRUE(log->update().ok());
    EXPECT_EQ(log->position().total, total + 1);
}

TEST(RejectedLog, goes_on_where_another_agent_stopped) {
    auto first = RejectedLog::create();
    ASSERT_TRUE(first.ok());
    EXPECT_TRUE(say(*first, kRejectedV4 + kRejectedV4));
    ASSERT_TRUE(first->update().ok());
    EXPECT_TRUE(say(*first, kRejectedV6));
    auto second = RejectedLog::adopt(UniqueFd(::dup(first->fd())), first->position());
    ASSERT_TRUE(second.ok()) << second.error().message();
    ASSERT_TRUE(second->update().ok());
    EXPECT_EQ(second->position().total, 3U);
}

TEST(RejectedLog, starts_over_when_the_log_was_rewound_before_the_note_was_kept) {
    auto log = RejectedLog::create();
    ASSERT_TRUE(log.ok());
    EXPECT_TRUE(say(*log, kRejectedV4));
    auto later = RejectedLog::adopt(UniqueFd(::dup(log->fd())), {40000, 500});
    ASSERT_TRUE(later.ok());
    ASSERT_TRUE(later->update().ok());
    EXPECT_EQ(later->position().total, 501U);
}

TEST(RejectedLog, refuses_to_adopt_anything_else) {
    EXPECT_FALSE(RejectedLog::adopt(UniqueFd(::open("/dev/null", O_RDWR)), {}).ok());
    EXPECT_FALSE(RejectedLog::adopt(UniqueFd(), {}).ok());
    EXPECT_FALSE(RejectedLog::adopt(UniqueFd(::memfd_create("other", MFD_ALLOW_SEALING)), {}).ok());
}

TEST(RejectedLog, shows_its_last_line_for_an_error_message) {
    auto log = RejectedLog::create();
    ASSERT_TRUE(log.ok());
    EXPECT_EQ(log->last_line(), "");
    EXPECT_TRUE(say(*log, kOther + "ERROR: device\x1b busy\n"));
    EXPECT_EQ(log->last_line(), "ERROR: device? busy");
}

} // namespace
} // namespace coax
