// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <sys/mount.h>

#include "harness/fake_clock.h"
#include "harness/scratch_folder.h"
#include "lib/store/sqlite_store.h"
#include "store/world.h"

namespace coax::test {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

/// A file system of one mebibyte, a part of which can be given back.
class SqliteFullDisk : public testing::Test {
  protected:
    SqliteFullDisk() {
        EXPECT_EQ(::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m"), 0);
        std::ofstream(ballast) << std::string(std::size_t{300} * 1024, 'b');
        open();
    }
    ~SqliteFullDisk() override {
        store.reset();
        EXPECT_EQ(::umount(folder.path().c_str()), 0);
    }

    void open() {
        store.reset();
        auto opened = open_sqlite_store(folder.path() / "store.db", clock);
        ASSERT_TRUE(opened.ok()) << opened.error().message();
        store = std::move(*opened);
    }
    /// The first key that found no room.
    int fill() {
        for (int i = 0; i < 1000; ++i) {
            const auto done = store->put(std::to_string(i), std::string(8000, 'v'));
            if (done.ok())
                continue;
            EXPECT_EQ(done.error().code(), ErrorCode::kNoSpace);
            EXPECT_THAT(done.error().message(), HasSubstr("nothing was changed: make room"));
            return i;
        }
        ADD_FAILURE() << "the disk was never full";
        return 0;
    }
    std::vector<StoreEntry> all() { return store->list("")->entries; }

    ScratchFolder folder;
    const std::filesystem::path ballast = folder.path() / "ballast";
    FakeClock clock;
    std::unique_ptr<Store> store;
};

TEST_F(SqliteFullDisk, changes_nothing_and_goes_on_when_there_is_room) {
    const int failed = fill();
    const auto before = all();
    const Revision revision = store->list("")->revision;
    EXPECT_EQ(before.size(), static_cast<std::size_t>(failed));
    StoreTransaction two;
    two.operations = {StoreOperation::remove("0"),
                      StoreOperation::put("big", std::string(100'000, 'v'))};
    EXPECT_EQ(code_of(store->commit(two)), ErrorCode::kNoSpace);
    EXPECT_EQ(code_of(store->put("big", std::string(100'000, 'v'))), ErrorCode::kNoSpace);
    EXPECT_EQ(all(), before);
    EXPECT_EQ(store->list("")->revision, revision);

    std::filesystem::remove(ballast);
    const auto done = store->commit(two);
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(*done, Revision(revision.value() + 1));
    const auto after = all();
    open();
    EXPECT_EQ(all(), after);
    EXPECT_EQ(store->list("")->revision, *done);
}

TEST_F(SqliteFullDisk, a_lease_that_ends_meanwhile_ends_when_there_is_room) {
    const LeaseId lease = store->grant_lease(seconds(10))->id;
    // Many keys: more than the last free page takes.
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(
            store->put("leased" + std::string(900, 'k') + std::to_string(i), "v", lease).ok());
    fill();
    while (store->put("filler", std::string(1, 'v')).ok()) {
    }
    clock.advance(seconds(10));
    EXPECT_EQ(store->list("leased")->entries.size(), 10U);
    EXPECT_EQ(code_of(store->put("a", "1")), ErrorCode::kNoSpace);
    std::filesystem::remove(ballast);
    EXPECT_TRUE(store->list("leased")->entries.empty());
    EXPECT_TRUE(store->put("a", "1").ok());
}

} // namespace
} // namespace coax::test
