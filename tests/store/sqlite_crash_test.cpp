// SPDX-License-Identifier: Apache-2.0
// A process that writes is killed at random points; what it was told is there must be there.
#include <algorithm>
#include <csignal>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/scratch_folder.h"
#include "lib/base/clock.h"
#include "lib/base/unique_fd.h"
#include "lib/store/sqlite_store.h"
#include "store/world.h"

namespace coax::test {
namespace {

constexpr int kKills = 40;
constexpr std::uint64_t kAnswersMax = 60; // before a kill
constexpr int kDelayMaxUs = 1500;         // the kill falls anywhere in one or two transactions
constexpr std::size_t kValueBytes = 3000; // a write-ahead log of 4 MB, moved now and then
// History that is given up all the time.
constexpr HistoryLimits kHistory{.events = 40, .bytes = 200'000};

/// Written to the pipe when a transaction was answered.
struct Answer {
    std::uint64_t number;
    std::uint64_t revision;
};

std::string value_of(std::uint64_t number) {
    return std::to_string(number) + ":" + std::string(kValueBytes, 'v');
}

std::uint64_t number_in(const StoreFound &found) {
    return found.entry ? std::stoull(found.entry->value) : 0;
}

/// Never returns. Two keys always change together, a third comes and goes.
[[noreturn]] void write_until_killed(const std::filesystem::path &path, int answers) {
    const SystemClock clock;
    const auto store = open_sqlite_store(path, clock, kHistory);
    if (!store.ok())
        ::_exit(1);
    std::uint64_t number = number_in(*(*store)->get("left"));
    for (;;) {
        ++number;
        StoreTransaction transaction;
        transaction.operations = {StoreOperation::put("left", value_of(number)),
                                  StoreOperation::put("right", value_of(number)),
                                  number % 2 == 0 ? StoreOperation::put("even", "yes")
                                                  : StoreOperation::remove("even")};
        const auto done = (*store)->commit(transaction);
        if (!done.ok())
            ::_exit(1);
        const Answer answer{number, done->value()};
        if (::write(answers, &answer, sizeof(answer)) != static_cast<ssize_t>(sizeof(answer)))
            ::_exit(1);
    }
}

class SqliteCrash : public testing::Test {
  protected:
    /// The last answer that the killed process gave.
    Answer write_and_kill(std::uint64_t answers, int delay_us) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        const UniqueFd reading(ends[0]);
        UniqueFd writing(ends[1]);
        const pid_t child = ::fork();
        if (child == 0)
            write_until_killed(path_, writing.get());
        writing.reset();
        Answer last = last_;
        for (std::uint64_t i = 0; i < answers; ++i)
            EXPECT_TRUE(read_one(reading.get(), last)) << "the writer failed";
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(delay_us);
        while (std::chrono::steady_clock::now() < end) {
        }
        EXPECT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed";
        while (read_one(reading.get(), last)) {
        }
        return last;
    }

    static bool read_one(int fd, Answer &answer) {
        Answer next{};
        if (::read(fd, &next, sizeof(next)) != static_cast<ssize_t>(sizeof(next)))
            return false;
        answer = next;
        return true;
    }

    /// What is in the file: all that was answered, and at most one transaction more, whole.
    void check(const Answer &last) {
        const auto store = open_sqlite_store(path_, clock_, kHistory);
        ASSERT_TRUE(store.ok()) << store.error().message();
        const StoreFound left = *(*store)->get("left");
        const StoreFound right = *(*store)->get("right");
        const std::uint64_t number = number_in(left);
        ASSERT_EQ(number, number_in(right));
        ASSERT_GE(number, last.number);
        ASSERT_LE(number, last.number + 1);
        ASSERT_EQ(left.revision.value(), last.revision + (number - last.number));
        ASSERT_EQ((*store)->get("even")->entry.has_value(), number % 2 == 0);
        if (number == 0)
            return;
        ASSERT_EQ(left.entry->mod_revision, right.entry->mod_revision);
        ASSERT_EQ(left.entry->mod_revision, left.revision);
        auto watch = (*store)->watch("left", left.revision);
        const auto told = (*watch)->next(std::chrono::milliseconds(0));
        ASSERT_EQ(told->events.size(), 1U);
        ASSERT_EQ(told->events[0].entry, *left.entry);
        last_ = {number, left.revision.value()};
    }

  private:
    ScratchFolder folder_;
    std::filesystem::path path_ = folder_.path() / "store.db";
    SystemClock clock_;
    Answer last_{0, 0};
};

TEST_F(SqliteCrash, keeps_what_was_answered_and_nothing_half) {
    std::mt19937_64 random(std::random_device{}());
    const auto seed = random();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random.seed(seed);
    for (int kill = 0; kill < kKills && !HasFatalFailure(); ++kill) {
        const std::uint64_t answers = random() % kAnswersMax;
        const int delay_us = static_cast<int>(random() % kDelayMaxUs);
        check(write_and_kill(answers, delay_us));
    }
}

} // namespace
} // namespace coax::test
