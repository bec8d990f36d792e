// SPDX-License-Identifier: Apache-2.0
#include "lib/store/sqlite_store.h"

#include <fstream>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/fake_clock.h"
#include "harness/scratch_folder.h"
#include "store/world.h"

namespace coax::test {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

struct SqliteStoreTest : testing::Test {
    ScratchFolder folder;
    FakeClock clock;
    const std::filesystem::path path = folder.path() / "store.db";

    auto open() { return open_sqlite_store(path, clock); }
    /// With some content, closed again.
    void make() {
        const auto store = open();
        ASSERT_TRUE(store.ok()) << store.error().message();
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE((*store)->put("key" + std::to_string(i), std::string(100, 'v')).ok());
    }
    void run_sql(const char *sql) const {
        sqlite3 *database = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
    }
};

TEST_F(SqliteStoreTest, only_the_owner_can_read_its_files) {
    const auto store = open();
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->put("a", "1").ok());
    for (const auto &file : std::filesystem::directory_iterator(folder.path())) {
        struct stat info {};
        ASSERT_EQ(::stat(file.path().c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0600U) << file.path();
    }
}

TEST_F(SqliteStoreTest, a_second_user_of_the_file_is_told_who_has_it) {
    const auto store = open();
    ASSERT_TRUE(store.ok());
    const auto refused = open();
    ASSERT_EQ(code_of(refused), ErrorCode::kBusy);
    EXPECT_THAT(refused.error().message(), HasSubstr("process \"" + std::to_string(::getpid())));

    const pid_t child = ::fork();
    if (child == 0) {
        const auto second = open_sqlite_store(path, clock);
        ::_exit(!second.ok() && second.error().code() == ErrorCode::kBusy ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE((*store)->put("a", "1").ok());
}

TEST_F(SqliteStoreTest, no_other_program_writes_while_it_is_open) {
    const auto store = open();
    ASSERT_TRUE(store.ok());
    sqlite3 *database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, "DELETE FROM entry", nullptr, nullptr, nullptr), SQLITE_BUSY);
    sqlite3_close(database);
}

TEST_F(SqliteStoreTest, opens_again_after_an_open_that_failed) {
    std::ofstream(path) << std::string(4096, 'x');
    EXPECT_EQ(code_of(open()), ErrorCode::kCorrupt);
    std::filesystem::remove(path);
    EXPECT_TRUE(open().ok());
}

TEST_F(SqliteStoreTest, refuses_a_damaged_file_and_says_what_to_do) {
    make();
    const auto size = std::filesystem::file_size(path);
    const std::vector<std::pair<const char *, std::function<void()>>> rows = {
        {"not a database", [&] { std::ofstream(path) << std::string(5000, 'x'); }},
        {"cut", [&] { std::filesystem::resize_file(path, size / 2); }},
        {"overwritten inside",
         [&] {
             std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
             file.seekp(static_cast<std::streamoff>(size / 2));
             file << std::string(size / 2, 'x');
         }},
        {"newer than its own revision", [&] { run_sql("UPDATE meta SET revision = 7"); }},
    };
    const auto copy = folder.path() / "copy.db";
    std::filesystem::copy_file(path, copy);
    for (const auto &[name, damage] : rows) {
        std::filesystem::copy_file(copy, path, std::filesystem::copy_options::overwrite_existing);
        damage();
        const auto refused = open();
        ASSERT_EQ(code_of(refused), ErrorCode::kCorrupt) << name;
        EXPECT_THAT(refused.error().message(), HasSubstr("restore it from a backup")) << name;
        EXPECT_THAT(refused.error().message(), HasSubstr(path.string())) << name;
    }
}

TEST_F(SqliteStoreTest, refuses_what_is_not_a_store) {
    run_sql("CREATE TABLE other (a)");
    EXPECT_EQ(code_of(open()), ErrorCode::kInvalid);
}

TEST_F(SqliteStoreTest, refuses_a_newer_schema) {
    make();
    run_sql("PRAGMA user_version = 2");
    const auto refused = open();
    ASSERT_EQ(code_of(refused), ErrorCode::kVersion);
    EXPECT_THAT(refused.error().message(), HasSubstr("expected schema version 1, found 2"));
}

TEST_F(SqliteStoreTest, refuses_a_folder_that_is_not_there) {
    EXPECT_EQ(code_of(open_sqlite_store(folder.path() / "no" / "store.db", clock)),
              ErrorCode::kNotFound);
}

TEST_F(SqliteStoreTest, leases_live_one_whole_time_more_after_a_restart) {
    LeaseId lease;
    {
        const auto store = open();
        ASSERT_TRUE(store.ok());
        lease = (*store)->grant_lease(seconds(10))->id;
        ASSERT_TRUE((*store)->put("a", "1", lease).ok());
        clock.advance(seconds(9));
    }
    clock.advance(seconds(3600));
    const auto store = open();
    ASSERT_TRUE(store.ok());
    clock.advance(seconds(9));
    EXPECT_TRUE((*store)->get("a")->entry);
    clock.advance(seconds(1));
    EXPECT_FALSE((*store)->get("a")->entry);
    EXPECT_EQ(code_of((*store)->keep_alive(lease)), ErrorCode::kNotFound);
}

TEST_F(SqliteStoreTest, history_on_disk_is_bounded_too) {
    constexpr HistoryLimits kFew{.events = 10, .bytes = 100'000};
    Revision last;
    {
        const auto store = open_sqlite_store(path, clock, kFew);
        ASSERT_TRUE(store.ok());
        for (int i = 0; i < 50; ++i)
            last = *(*store)->put("a", std::to_string(i));
    }
    const auto store = open_sqlite_store(path, clock, kFew);
    ASSERT_TRUE(store.ok());
    auto older = (*store)->watch("", Revision(last.value() - 10));
    EXPECT_EQ((*older)->next(std::chrono::milliseconds(0))->kind, StoreUpdate::Kind::kListAgain);
    auto kept = (*store)->watch("", Revision(last.value() - 9));
    EXPECT_EQ((*kept)->next(std::chrono::milliseconds(0))->events.size(), 10U);
}

} // namespace
} // namespace coax::test
