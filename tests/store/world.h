// SPDX-License-Identifier: Apache-2.0
// What the conformance suite knows of a backend.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/store/store.h"

namespace coax::test {

class StoreWorld {
  public:
    virtual ~StoreWorld() = default;

    /// Empty at first, and nobody else's.
    virtual Store &store() = 0;
    /// Another client of the same state; of a store in this process the same one.
    virtual Store &other() { return store(); }
    /// Makes the store forget how it came to its present revision.
    virtual void forget_history() = 0;
    /// Ends the clients and begins new ones. False: nothing outlives them.
    virtual bool reopen() = 0;
};

struct StoreWorldKind {
    std::string name;
    std::function<std::unique_ptr<StoreWorld>()> make;
    friend std::ostream &operator<<(std::ostream &out, const StoreWorldKind &kind) {
        return out << kind.name;
    }
};

inline std::string name_of_world(const testing::TestParamInfo<StoreWorldKind> &info) {
    return info.param.name;
}

/// Every backend passes the same tests.
class StoreConformance : public testing::TestWithParam<StoreWorldKind> {
  protected:
    Store &store() { return world_->store(); }
    Store &other() { return world_->other(); }
    StoreWorld &world() { return *world_; }

    /// Fail the test when the call does.
    Revision put(std::string key, std::string value, LeaseId lease = {});
    Revision remove(std::string key);
    std::string value_of(std::string_view key); // "(none)" when there is none
    std::vector<std::string> keys_below(std::string_view prefix);
    Revision revision();
    std::unique_ptr<StoreWatch> watch(std::string prefix, Revision from);
    StoreLease grant(std::chrono::seconds ttl);

  private:
    std::unique_ptr<StoreWorld> world_ = GetParam().make();
};

/// Events until `enough(events)`, or a minute has gone; fails the test on anything else than events.
std::vector<StoreEvent> gather(StoreWatch &watch,
                               const std::function<bool(const std::vector<StoreEvent> &)> &enough);
std::vector<StoreEvent> gather(StoreWatch &watch, std::size_t count);
/// The next update that is not kQuiet.
StoreUpdate next_of(StoreWatch &watch);

/// "put KEY=VALUE" or "removed KEY".
std::string text_of(const StoreEvent &event);
std::vector<std::string> texts_of(const std::vector<StoreEvent> &events);

template <typename T>
ErrorCode code_of(const Result<T> &result) {
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorCode::kSystem : result.error().code();
}

} // namespace coax::test
