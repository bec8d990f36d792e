// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/guarded.h"
#include "lib/store/store.h"

namespace coax::controller {

/// Counts what a store is asked and how long it takes. Watches pass through.
/// Threads: any. `store` and `clock` outlive it.
class MeteredStore final : public Store {
  public:
    struct Counts {
        std::uint64_t reads = 0;
        std::uint64_t writes = 0;
        std::uint64_t errors = 0; // a compare that did not hold is none
        std::uint64_t audit_lines = 0;
        double read_seconds = 0;
        double write_seconds = 0;
    };

    MeteredStore(Store &store, const Clock &clock) : store_(store), clock_(clock) {}

    Result<StoreFound> get(std::string_view key) override;
    Result<StoreListing> list(std::string_view prefix) override;
    Result<Revision> commit(const StoreTransaction &transaction) override;
    Result<StoreLease> grant_lease(std::chrono::seconds ttl) override;
    Result<StoreLease> keep_alive(LeaseId lease) override;
    Result<Revision> revoke_lease(LeaseId lease) override;
    Result<std::unique_ptr<StoreWatch>> watch(std::string prefix, Revision from) override;

    [[nodiscard]] Counts counts() const;

  private:
    template <typename Call>
    auto measure(std::uint64_t Counts::*calls, double Counts::*seconds, Call call);

    Store &store_;
    const Clock &clock_;
    mutable Guarded<Counts> counts_;
};

} // namespace coax::controller
