// SPDX-License-Identifier: Apache-2.0
#include "harness/scratch_folder.h"
#include "lib/base/clock.h"
#include "lib/store/memory_store.h"
#include "lib/store/sqlite_store.h"
#include "store/world.h"

namespace coax::test {
namespace {

constexpr HistoryLimits kHistory{.events = 1500, .bytes = std::size_t{16} * 1024 * 1024};

/// More events than are kept.
void fill_history(Store &store) {
    for (std::size_t done = 0; done <= kHistory.events; done += kStoreOperationsMax) {
        StoreTransaction transaction;
        for (std::size_t i = 0; i < kStoreOperationsMax; ++i)
            transaction.operations.push_back(
                StoreOperation::put("filler/" + std::to_string(i), std::to_string(done)));
        EXPECT_TRUE(store.commit(transaction).ok());
    }
}

class MemoryWorld final : public StoreWorld {
  public:
    Store &store() override { return *store_; }
    void forget_history() override { fill_history(*store_); }
    bool reopen() override { return false; }

  private:
    SystemClock clock_;
    std::unique_ptr<Store> store_ = make_memory_store(clock_, kHistory);
};

class SqliteWorld final : public StoreWorld {
  public:
    SqliteWorld() { open(); }
    Store &store() override { return *store_; }
    void forget_history() override { fill_history(*store_); }
    bool reopen() override {
        store_.reset();
        open();
        return true;
    }

  private:
    void open() {
        auto opened = open_sqlite_store(folder_.path() / "store.db", clock_, kHistory);
        ASSERT_TRUE(opened.ok()) << opened.error().message();
        store_ = std::move(*opened);
    }

    ScratchFolder folder_;
    SystemClock clock_;
    std::unique_ptr<Store> store_;
};

template <typename World>
std::unique_ptr<StoreWorld> make() {
    return std::make_unique<World>();
}

INSTANTIATE_TEST_SUITE_P(local, StoreConformance,
                         testing::Values(StoreWorldKind{"memory", make<MemoryWorld>},
                                         StoreWorldKind{"sqlite", make<SqliteWorld>}),
                         name_of_world);

} // namespace
} // namespace coax::test
